import Crypto
import Deployments
import Foundation
import Journal
import Registry
import Runtimes
import Serving
import Store
import Synchronization
import Tensors

/// A deployment service on a data folder of its own, with a plane that writes down what it is asked.
final class Dock: Sendable {
    let folder: String
    let store: Store
    let plane: RecordingPlane
    let deployments: DeploymentService

    init(_ plane: RecordingPlane = RecordingPlane(), folder: String? = nil) throws {
        self.folder = folder ?? NSTemporaryDirectory() + "slipway-deployments-\(UUID().uuidString)"
        store = try Store.open(folder: self.folder)
        self.plane = plane
        deployments = DeploymentService(store: store.deployments, plane: plane)
    }

    func push(_ model: String, _ text: String) async throws {
        let registry = RegistryService(store: store.registry, artifacts: store.artifacts, checker: EasyChecker())
        let sha256 = SHA256.hash(data: Array(text.utf8)).hexadecimal
        let upload = try await store.blobs.beginUpload(
            space: "default", sha256: sha256, declaredSize: nil, principal: .local)
        try await upload.append(Array(text.utf8))
        let file = ArtifactReference.File(path: "model.onnx", sha256: sha256, size: try await upload.finish())
        _ = try await registry.push(model: model, space: "default", files: [file], principal: .local)
    }

    func deploy(
        _ endpoint: String, _ model: String, _ version: Int? = nil, options: EndpointOptions = EndpointOptions(),
        reason: String = "", key: String? = nil, ifMatch: Int? = nil
    ) async throws -> Deployment {
        try await deployments.deploy(
            endpoint: endpoint, space: "default", model: model, version: version, options: options, reason: reason,
            principal: .local, idempotencyKey: key, ifMatch: ifMatch)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

private struct EasyChecker: ModelChecking {
    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription {
        ModelDescription(format: "onnx", signature: Signature(inputs: [], outputs: []))
    }
}

/// Notes every call; refuses the versions it is told to refuse.
final class RecordingPlane: ServingPlane {
    private struct State {
        var prepared: [EndpointEntry] = []
        var discarded: [EndpointEntry] = []
        var installed: [ServingSnapshot] = []
        var refusals: [Int: ModelLoadError] = [:]
        var inside = 0
        var mostInside = 0
    }

    private let state = Mutex(State())

    var prepared: [EndpointEntry] { state.withLock { $0.prepared } }
    var discarded: [EndpointEntry] { state.withLock { $0.discarded } }
    var installed: [ServingSnapshot] { state.withLock { $0.installed } }
    var mostInside: Int { state.withLock { $0.mostInside } }
    /// What answers now, as `endpoint=model:version`.
    var live: [String] {
        (installed.last?.endpoints ?? []).map {
            "\($0.name)=\($0.model):\($0.version)" + ($0.isLoaded ? "" : " unloaded")
        }
    }

    func refuse(version: Int, _ error: ModelLoadError?) { state.withLock { $0.refusals[version] = error } }

    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {
        await Task.yield()
        let refusal = state.withLock { state in
            state.prepared.append(entry)
            return state.refusals[entry.version]
        }
        if let refusal { throw refusal }
    }

    func discard(_ entry: EndpointEntry) { state.withLock { $0.discarded.append(entry) } }

    func install(_ snapshot: ServingSnapshot) async {
        state.withLock { state in
            state.inside += 1
            state.mostInside = max(state.mostInside, state.inside)
        }
        for _ in 0..<3 { await Task.yield() }
        state.withLock { state in
            state.inside -= 1
            state.installed.append(snapshot)
        }
    }
}

/// The error of the control plane that `body` throws; `nil` when it throws none.
func controlError(_ body: () async throws -> Void) async -> ControlError? {
    do {
        try await body()
        return nil
    } catch { return error as? ControlError ?? ControlError(.internalFailure, "another error: \(error)") }
}
