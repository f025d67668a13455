import Foundation
import Runtimes
import Tensors
import Testing

@Suite struct ExternalDataTests {
    @Test func `weights in a file beside the model are found and used`() throws {
        let folder = try TestFolder()
        try folder.write([0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40], to: "weights/w.bin")
        let model = TestModels.external([("location", "weights/w.bin"), ("offset", "4"), ("length", "8")])
        let artifact = try folder.artifact(model.bytes)
        let instance = try TestMachine.runtime.load(artifact, options: RuntimeOptions())
        #expect(instance.description.externalFiles == ["weights/w.bin"])
        let x = try Tensor("x", .fp32, [2], [10, 10] as [Float])
        #expect(try instance.run([x], outputs: [0], handle: nil).first?.elements(of: Float.self) == [11, 12])
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        let entries: [(String, String)]
        let expected: String
        var testDescription: String { "\(entries)" }
        init(_ location: String, _ expected: String, _ more: [(String, String)] = []) {
            entries = [("location", location)] + more
            self.expected = expected
        }
    }

    static let attacks = [
        Attack("../outside.bin", "outside the model's folder"),
        Attack("inner/../../outside.bin", "outside the model's folder"),
        Attack("/etc/passwd", "outside the model's folder"),
        Attack("", "cannot be"),
        Attack("w.bin\0.txt", "cannot be"),
        Attack("*/_ORT_MEM_ADDR_/*", "not among the version's files"),
        Attack("missing.bin", "not among the version's files"),
        Attack("link.bin", "symbolic link"),
        Attack("linked/outside.bin", "symbolic link"),
        Attack("inner", "not a file"),
        Attack("w.bin/", "cannot be"),
        Attack("w.bin", "reads up to byte 9", [("offset", "1"), ("length", "8")]),
        Attack("w.bin", "reads up to byte 9223372036854775807", [("offset", "9223372036854775807"), ("length", "8")]),
        Attack("w.bin", "not a number", [("offset", "-1")]),
        Attack("w.bin", "not a number", [("length", "18446744073709551624")]),
        Attack("w.bin", "outside the model's folder", [("location", "../outside.bin")]),
    ]

    @Test(arguments: attacks)
    func `what leads out of the artifact is refused before anything is opened`(_ attack: Attack) throws {
        let outer = try TestFolder()
        try outer.write([UInt8](repeating: 0, count: 8), to: "outside.bin")
        try outer.write([UInt8](repeating: 0, count: 8), to: "model/w.bin")
        try outer.write([0], to: "model/inner/other")
        let files = FileManager.default
        try files.createSymbolicLink(atPath: "\(outer.path)/model/link.bin", withDestinationPath: "../outside.bin")
        try files.createSymbolicLink(atPath: "\(outer.path)/model/linked", withDestinationPath: "..")
        try outer.write(TestModels.external(attack.entries).bytes, to: "model/model.onnx")
        let artifact = ModelArtifact(digest: "test", directory: "\(outer.path)/model", modelFile: "model.onnx")
        let error = #expect(throws: ModelLoadError.self) { try ONNXFile.read(artifact) }
        #expect(error?.message.contains(attack.expected) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: ["../model.onnx", "link.onnx", "folder", "missing.onnx", ""])
    func `the model file itself lies in the artifact`(_ name: String) throws {
        let outer = try TestFolder()
        try outer.write(TestModels.identity(ONNX.float).bytes, to: "model.onnx")
        try outer.write([0], to: "inner/folder/other")
        try FileManager.default.createSymbolicLink(
            atPath: "\(outer.path)/inner/link.onnx", withDestinationPath: "../model.onnx")
        let artifact = ModelArtifact(digest: "test", directory: "\(outer.path)/inner", modelFile: name)
        #expect(throws: ModelLoadError.self) { try ONNXFile.read(artifact) }
    }
}
