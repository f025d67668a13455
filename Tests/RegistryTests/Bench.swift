import Crypto
import Foundation
import Journal
import Registry
import Runtimes
import Serving
import Store
import Synchronization
import Tensors

/// A registry on a data folder of its own, with a checker that says what it is told to say.
final class Bench: Sendable {
    let folder: String
    let store: Store
    let checker: ScriptedChecker
    let registry: RegistryService
    let catalog: ModelCatalog

    init(_ checker: ScriptedChecker = ScriptedChecker()) throws {
        folder = NSTemporaryDirectory() + "slipway-registry-\(UUID().uuidString)"
        store = try Store.open(folder: folder)
        self.checker = checker
        registry = RegistryService(store: store.registry, artifacts: store.artifacts, checker: checker)
        catalog = ModelCatalog(store: store.catalog, registry: registry, blobs: store.blobReading)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func upload(_ text: String, path: String = "model.onnx") async throws -> ArtifactReference.File {
        try await upload(Array(text.utf8), path: path)
    }

    func upload(_ bytes: [UInt8], path: String = "model.onnx") async throws -> ArtifactReference.File {
        let sha256 = SHA256.hash(data: bytes).hexadecimal
        let upload = try await store.blobs.beginUpload(
            space: "default", sha256: sha256, declaredSize: nil, principal: .local)
        try await upload.append(bytes)
        return ArtifactReference.File(path: path, sha256: sha256, size: try await upload.finish())
    }

    func push(
        _ model: String, _ files: [ArtifactReference.File], metrics: [String: Double] = [:], key: String? = nil
    ) async throws -> PushOutcome {
        try await registry.push(
            model: model, space: "default", files: files, metrics: metrics, principal: .local, idempotencyKey: key)
    }

    func push(_ model: String, _ text: String, key: String? = nil) async throws -> PushOutcome {
        try await push(model, [try await upload(text)], key: key)
    }

    /// The artifacts that are laid out now.
    var layouts: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder + "/artifacts")) ?? [] }
}

/// Reads the model file, as a checker would, and answers as scripted.
final class ScriptedChecker: ModelChecking {
    private let failure: ModelLoadError?
    private let calls = Atomic<Int>(0)

    init(failure: ModelLoadError? = nil) { self.failure = failure }

    var count: Int { calls.load(ordering: .relaxed) }

    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription {
        calls.add(1, ordering: .relaxed)
        if let failure { throw failure }
        let path = artifact.directory + "/" + artifact.modelFile
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ModelLoadError(.fileMissing, "no '\(path)'")
        }
        return ModelDescription(
            format: "onnx", signature: Signature(inputs: [], outputs: []),
            graphName: String(decoding: bytes.prefix(16), as: UTF8.self))
    }
}

/// The error of the control plane that `body` throws; `nil` when it throws none.
func controlError(_ body: () async throws -> Void) async -> ControlError? {
    do {
        try await body()
        return nil
    } catch { return error as? ControlError ?? ControlError(.internalFailure, "another error: \(error)") }
}
