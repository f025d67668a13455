import Foundation
import Testing

@testable import SlipwayClient

struct ArtifactTests {
    private func problem(_ path: String) -> String? {
        do {
            _ = try Artifact(path: path)
            return nil
        } catch {
            guard case .file(_, let problem, _) = error else { return "\(error)" }
            return problem
        }
    }

    @Test func `a folder is walked whole, hidden files stay behind`() throws {
        let folder = try TemporaryFolder()
        try folder.write("m/model.onnx")
        try folder.write("m/weights/part 1.bin", [1, 2])
        try folder.write("m/.DS_Store")
        try folder.write("m/.git/config")
        let artifact = try Artifact(path: folder.path + "/m/")
        #expect(artifact.files.map(\.path) == ["model.onnx", "weights/part 1.bin"])
        #expect(artifact.size == 5)
        #expect(artifact.leftOut == [".DS_Store", ".git"])
    }

    @Test(arguments: ["/etc/passwd", "model.onnx", "../outside", "nowhere"])
    func `a symbolic link in a folder is refused, wherever it leads`(target: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("outside")
        try folder.write("m/model.onnx")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/m/link", withDestinationPath: target)
        #expect(problem(folder.path + "/m") == "is a symbolic link, which could lead out of the folder")
    }

    @Test func `golden inputs go along under their own name, once`() throws {
        let folder = try TemporaryFolder()
        try folder.write("m/model.onnx")
        try folder.write("cases.json", [1, 2])
        var artifact = try Artifact(path: folder.path + "/m")
        try artifact.add(golden: folder.path + "/cases.json")
        #expect(artifact.files.map(\.path) == ["golden.json", "model.onnx"])
        #expect(artifact.files.map(\.size).first == 2)
        for wrong in ["/cases.json", "/m", "/none.json"] {
            #expect(throws: ClientError.self) { try artifact.add(golden: folder.path + wrong) }
        }
    }

    @Test func `the path itself may be a symbolic link`() throws {
        let folder = try TemporaryFolder()
        try folder.write("m/model.onnx")
        for (link, target) in [("folder", "m"), ("file.onnx", "m/model.onnx")] {
            try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/\(link)", withDestinationPath: target)
        }
        #expect(try Artifact(path: folder.path + "/folder").files.map(\.path) == ["model.onnx"])
        #expect(try Artifact(path: folder.path + "/file.onnx").files.map(\.path) == ["file.onnx"])
    }

    @Test func `a hard link out of the folder is refused, one within is not`() throws {
        let folder = try TemporaryFolder()
        try folder.write("outside")
        try folder.write("m/model.onnx")
        try FileManager.default.linkItem(atPath: folder.path + "/m/model.onnx", toPath: folder.path + "/m/same.onnx")
        #expect(problem(folder.path + "/m") == nil)
        try FileManager.default.linkItem(atPath: folder.path + "/outside", toPath: folder.path + "/m/inside")
        #expect(problem(folder.path + "/m") == "has another name outside of the folder (a hard link)")
    }

    @Test func `pipes, backslashes and control characters are refused`() throws {
        let pipe = try TemporaryFolder()
        mkfifo(pipe.path + "/model.onnx", 0o600)
        #expect(problem(pipe.path) == "is a device, a pipe or a socket, not a file")
        #expect(problem(pipe.path + "/model.onnx") == "neither a file nor a folder")
        for name in ["a\\..\\model.onnx", "model\u{1}.onnx"] {
            let folder = try TemporaryFolder()
            try folder.write(name)
            #expect(problem(folder.path) == "its name has a backslash or a control character in it")
        }
    }

    @Test func `nothing, emptiness and depth are refused`() throws {
        let folder = try TemporaryFolder()
        #expect(problem(folder.path) == "has no files in it")
        #expect(problem(folder.path + "/nothing") == "no such file or folder")
        #expect(problem(try folder.write("empty.onnx", [])) == "is empty")
        try folder.write("deep/" + String(repeating: "d/", count: Artifact.deepestFolder + 1) + "model.onnx")
        #expect(problem(folder.path) == "more than 16 folders deep")
    }

    // MARK: External data

    /// A length-delimited field of a protobuf message.
    private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(content.count % 128) | 0x80, UInt8(content.count / 128)] + content
    }

    private func entry(_ key: String, _ value: String) -> [UInt8] {
        field(13, field(1, Array(key.utf8)) + field(2, Array(value.utf8)))
    }

    private func model(_ graph: [UInt8]) -> [UInt8] { [8, 9] + field(2, Array("test".utf8)) + field(7, graph) }

    @Test func `a model that keeps weights in other files is to be pushed as a folder`() throws {
        let folder = try TemporaryFolder()
        let tensor = entry("location", "weights.bin") + entry("offset", "0")
        let file = try folder.write("model.onnx", model(field(5, tensor)))
        #expect(problem(file) == "keeps its weights in other files (weights.bin), which have to come along")
        #expect(problem(folder.path) == nil)
    }

    @Test func `external data is found in attributes and in graphs inside of nodes`() throws {
        let folder = try TemporaryFolder()
        let constant = field(1, field(5, field(5, entry("location", "a"))))
        let loop = field(1, field(5, field(6, field(5, entry("location", "b")))))
        let file = try OpenFile(try folder.write("model.onnx", model(constant + loop)))
        #expect(ExternalData.locations(in: file) == ["a", "b"])
    }

    @Test(arguments: [[UInt8]](arrayLiteral: [0, 0, 0], [0x80, 4, 0x63], [58, 255, 255, 255, 255, 15], [255], [7]))
    func `what is no protobuf message has no findings`(bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        #expect(ExternalData.locations(in: try OpenFile(try folder.write("x.onnx", bytes))) == [])
    }
}
