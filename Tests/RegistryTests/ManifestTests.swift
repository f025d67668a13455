import Crypto
import Journal
import Serving
import Testing

@testable import Registry

struct ManifestTests {
    private static let digest = String(repeating: "a", count: 64)

    private func file(_ path: String, size: Int = 1, sha256: String = digest) -> ArtifactReference.File {
        ArtifactReference.File(path: path, sha256: sha256, size: size)
    }

    @Test func `the digest is that of the documented text`() throws {
        let manifest = try Manifest([file("b.onnx", size: 12), file("a/b", size: 0)])
        let text = "slipway-manifest-1\n\(Self.digest) 0 a/b\n\(Self.digest) 12 b.onnx\n"
        #expect(manifest.digest == SHA256.hash(data: Array(text.utf8)).hexadecimal)
        #expect(manifest.totalSize == 12)
    }

    @Test func `the digest does not depend on the order of the files, and on everything else`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let files = (0..<Int.random(in: 1...20)).map { number in
                file("d\(number % 3)/f\(number)", size: Int.random(in: 0...9))
            }
            let digest = try Manifest(files).digest
            #expect(try Manifest(files.shuffled(using: &generator)).digest == digest)
            let victim = Int.random(in: files.indices)
            var other = files
            switch Int.random(in: 0..<4) {
            case 0: other[victim].size += 1
            case 1: other[victim].path += "x"
            case 2: other[victim].sha256 = String(repeating: "b", count: 64)
            default: other.append(file("one-more"))
            }
            #expect(try Manifest(other).digest != digest)
        }
    }

    @Test(arguments: [
        "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "./a", "a/.", "a\\b", "a\nb", "a\u{0}b",
        "a\u{7F}", String(repeating: "x", count: 256), String(repeating: "x/", count: 600) + "x",
    ])
    func `a path that could mean something else somewhere is refused`(path: String) {
        let error = #expect(throws: ControlError.self) { try Manifest([file(path)]) }
        #expect(error?.code == .invalid)
        #expect(error?.field == "files")
    }

    @Test(arguments: [
        "a", "a.onnx", "...", "..a", "a/.hidden", "größe/model.onnx", "a b/c", String(repeating: "x", count: 255),
    ])
    func `any other path is taken`(path: String) throws {
        #expect(try Manifest([file(path)]).files.first?.path == path)
    }

    @Test(arguments: [["a", "a"], ["a", "a/b"], ["x/y/z", "x/y"], ["é", "e\u{301}"]])
    func `paths that cannot stand beside each other are refused`(paths: [String]) {
        #expect(throws: ControlError.self) { try Manifest(paths.map { file($0) }) }
        #expect(throws: ControlError.self) { try Manifest(paths.reversed().map { file($0) }) }
    }

    @Test func `impossible sizes and digests are refused`() {
        #expect(throws: ControlError.self) { try Manifest([]) }
        #expect(throws: ControlError.self) { try Manifest([file("a", size: -1)]) }
        #expect(throws: ControlError.self) { try Manifest([file("a", size: .max), file("b", size: 1)]) }
        for digest in ["", "abc", Self.digest + "a", Self.digest.uppercased(), String(repeating: "g", count: 64)] {
            #expect(throws: ControlError.self) { try Manifest([file("a", sha256: digest)]) }
        }
        let many = (0...Manifest.maximumFiles).map { file("f\($0)") }
        #expect(throws: ControlError.self) { try Manifest(many) }
        #expect(throws: Never.self) { try Manifest(Array(many.dropLast())) }
    }
}

struct ModelFormatTests {
    private func files(_ paths: [String]) -> [ArtifactReference.File] {
        paths.map { ArtifactReference.File(path: $0, sha256: "", size: 0) }
    }

    @Test(arguments: [
        (["churn.onnx"], "churn.onnx"), (["a/churn.ONNX", "w.bin"], "a/churn.ONNX"),
        (["model.onnx", "other.onnx"], "model.onnx"), (["x.onnx", "preprocess.pkl"], "x.onnx"),
    ])
    func `the model is the only ONNX file, or model.onnx`(paths: [String], model: String) throws {
        #expect(try ModelFormat.modelFile(among: files(paths)) == model)
    }

    @Test(arguments: [
        (["model.pkl"], "pickle"), (["model.joblib"], "joblib"), (["net.pt"], "PyTorch"), (["net.h5"], "HDF5"),
        (["w.safetensors"], "safetensors"), (["readme.txt"], "ONNX"), (["a.onnx", "b.onnx"], "a.onnx, b.onnx"),
        (["a/model.onnx", "b/model.onnx"], "several"),
    ])
    func `what is no model is refused by what it is`(paths: [String], word: String) {
        let error = #expect(throws: ControlError.self) { try ModelFormat.modelFile(among: files(paths)) }
        #expect(error?.code == .notAModel)
        #expect(error?.message.contains(word) == true)
        #expect(error?.hint != nil)
    }

    @Test(arguments: [
        ([0x80, 0x04, 0x95], ForeignFormat.pickle), ([0x80, 0x02], .pickle), ([0x50, 0x4B, 3, 4], .zip),
        ([0x89, 0x48, 0x44, 0x46, 0x0D], .hdf5),
    ])
    func `foreign bytes under an ONNX name are known`(bytes: [UInt8], format: ForeignFormat) {
        #expect(ForeignFormat(firstBytes: bytes) == format)
    }

    @Test(arguments: [[], [0x80], [0x08, 0x08, 0x12], [0x80, 0x01], [0x80, 0x06]])
    func `other bytes are left to the checker`(bytes: [UInt8]) {
        #expect(ForeignFormat(firstBytes: bytes) == nil)
    }
}
