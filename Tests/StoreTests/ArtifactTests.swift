import Foundation
import Journal
import Registry
import Runtimes
import Serving
import Testing

@testable import Store

struct ArtifactTests {
    private func reference(_ files: [ArtifactReference.File]) throws -> ArtifactReference {
        let manifest = try Manifest(files)
        return ArtifactReference(digest: manifest.digest, format: "onnx", files: manifest.files)
    }

    private func links(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_nlink) : 0
    }

    @Test func `a version of one file shares its bytes with the blob`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let file = try await store.upload(Array("model".utf8)).at("nets/churn.onnx")
        let artifact = try store.artifacts.locate(try reference([file]))
        #expect(artifact.modelFile == "nets/churn.onnx")
        #expect(links(artifact.directory + "/nets/churn.onnx") == 2)
    }

    @Test func `the files of a version of several are single links, as external data must be`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let model = try await store.upload(Array("model".utf8))
        let weights = try await store.upload([UInt8](repeating: 5, count: 3 << 20)).at("data/weights.bin")
        let artifact = try store.artifacts.locate(try reference([weights, model]))
        for name in ["model.onnx", "data/weights.bin"] { #expect(links(artifact.directory + "/" + name) == 1) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: artifact.directory + "/data/weights.bin")).count == 3 << 20)
    }

    @Test func `a rotten blob is named with its file and versions, then asked for and repaired`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let outcome = try await store.push("churn", "the bytes of a model")
        let sha256 = outcome.version.artifact.files[0].sha256
        try Workshop.rot(workshop.blobPath(sha256))
        let error = #expect(throws: ModelLoadError.self) { try store.artifacts.locate(outcome.version.artifact) }
        #expect(error?.reason == .digestMismatch)
        #expect(error?.message.contains("digest mismatch") == true)
        #expect(error?.message.contains("model.onnx") == true)
        #expect(error?.message.contains("churn:1") == true)
        #expect(try await store.blobs.contains(sha256, space: "default") == nil)
        let again = try await store.push("churn", "the bytes of a model")
        #expect(!again.isNew)
        _ = try store.artifacts.locate(outcome.version.artifact)
        #expect(try await store.verify().isIntact)
    }

    @Test func `a missing blob is named too`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let outcome = try await store.push("churn", "bytes")
        try FileManager.default.removeItem(atPath: workshop.data + "/artifacts")
        try FileManager.default.createDirectory(
            atPath: workshop.data + "/artifacts", withIntermediateDirectories: false)
        try FileManager.default.removeItem(atPath: workshop.blobPath(outcome.version.artifact.files[0].sha256))
        let error = #expect(throws: ModelLoadError.self) { try store.artifacts.locate(outcome.version.artifact) }
        #expect(error?.reason == .digestMismatch)
        #expect(error?.message.contains("churn:1") == true)
    }

    @Test(arguments: ["changed", "missing", "extra", "symlink", "hard link"])
    func `a layout that is not exact is made again`(damage: String) async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let model = try await store.upload(Array("model".utf8))
        let weights = try await store.upload(Array("weights".utf8)).at("weights.bin")
        let reference = try reference([weights, model])
        let folder = try store.artifacts.locate(reference).directory
        let victim = folder + "/weights.bin"
        switch damage {
        case "changed": try Workshop.rot(victim)
        case "missing": unlink(victim)
        case "extra": try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/extra"))
        case "symlink":
            unlink(victim)
            symlink(workshop.blobPath(weights.sha256), victim)
        default:
            unlink(victim)
            link(workshop.blobPath(weights.sha256), victim)
        }
        _ = try store.artifacts.locate(reference)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["model.onnx", "weights.bin"])
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "weights")
        #expect(links(victim) == 1)
        #expect(workshop.files("tmp").isEmpty)
    }

    @Test func `a reference whose paths lead outside, or whose digest is not its own, makes no file`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let file = try await store.upload(Array("model".utf8))
        for path in ["../model.onnx", "/tmp/model.onnx", "a/../../model.onnx", "./model.onnx"] {
            let bad = ArtifactReference(
                digest: try reference([file]).digest, format: "onnx", files: [file.at(path)])
            #expect(throws: ModelLoadError.self) { try store.artifacts.locate(bad) }
        }
        let lie = ArtifactReference(digest: "../../escape", format: "onnx", files: [file])
        #expect(throws: ModelLoadError.self) { try store.artifacts.locate(lie) }
        #expect(workshop.files("artifacts").isEmpty)
        #expect(workshop.files("tmp").isEmpty)
    }

    @Test func `many threads that want one layout at once all get it whole`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let model = try await store.upload(Array("model".utf8))
        let weights = try await store.upload([UInt8](repeating: 1, count: 1 << 20)).at("w.bin")
        let reference = try reference([model, weights])
        let threads = BlockingThreads(name: "test", width: 8)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { _ = try await threads.run { try store.artifacts.locate(reference) } }
            }
            try await group.waitForAll()
        }
        #expect(workshop.files("artifacts").count == 2)
    }
}
