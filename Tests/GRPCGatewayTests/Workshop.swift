import Deployments
import Dispatch
import Foundation
import Gateway
import Governance
import Identity
import InferenceProtobuf
import InferenceProtocol
import Journal
import Logging
import NIOCore
import Runtimes
import Serving
import Store
import Tensors

@testable import GRPCGateway

/// The services over a data folder of its own, and over endpoints that need no files.
final class Workshop: Sendable {
    let folder: String
    let dataPlane: DataPlane
    let readiness = Readiness()
    let services: GRPCServices

    /// Endpoints `fast` (version 3, ready), `off` (unloaded) and `broken`; in the space `prod` `fast` (version 7) and
    /// `small` (takes 64 bytes).
    init() async throws {
        folder = NSTemporaryDirectory() + "slipway-grpc-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let store = try Store.open(folder: folder + "/data")
        _ = try await Spaces(store: store.spaces).create("prod", principal: .local)
        dataPlane = DataPlane(
            runtimes: [CopyingRuntime()], artifacts: AnyArtifact(),
            configuration: DataPlane.Configuration(width: 1, queueLimit: 8), logger: logger)
        services = GRPCServices(
            dataPlane: dataPlane,
            deployments: DeploymentService(store: store.deployments, plane: TestPlane(dataPlane: dataPlane)),
            readiness: readiness, serverVersion: "0.0.0")
        await dataPlane.install(
            ServingSnapshot(
                generation: 0,
                endpoints: [
                    Self.entry("fast"), Self.entry("fast", space: "prod", version: 7),
                    Self.entry("broken", digest: "broken"), Self.entry("off", isLoaded: false),
                    Self.entry("small", space: "prod", options: EndpointOptions(maxBodyBytes: 64)),
                ]))
        readiness.isOn = true
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func entry(
        _ name: String, space: String = "default", digest: String = "fast", version: Int = 3,
        options: EndpointOptions = EndpointOptions(), isLoaded: Bool = true
    ) -> EndpointEntry {
        EndpointEntry(
            space: space, name: name, model: name, version: version, revision: 1,
            artifact: ArtifactReference(
                digest: digest, format: "onnx",
                files: [ArtifactReference.File(path: "model.onnx", sha256: digest, size: 1)]),
            description: CopyingRuntime.description, options: options, isLoaded: isLoaded)
    }

    /// From now on there are `fast` and `stuck`, which never answers: one runs, four may wait.
    func getStuck() async {
        let options = EndpointOptions(instances: 1, queueLimit: 4)
        await dataPlane.install(
            ServingSnapshot(
                generation: 1,
                endpoints: [Self.entry("fast"), Self.entry("stuck", digest: "stuck", options: options)]))
    }

    func ask(
        _ method: UnaryMethod, space: String = "default", _ fill: (inout ProtobufBuilder) -> Void = { _ in }
    ) async throws(GRPCStatus) -> ProtobufMessage {
        var request = ProtobufBuilder()
        fill(&request)
        let answer = try await services.answer(method, request.bytes, space: space, caller: .local)
        do throws(ProtocolError) {
            return try ProtobufMessage(answer)
        } catch {
            throw GRPCStatus(error)
        }
    }

    /// How the call ends; `ok` when it does not fail.
    func status(
        _ method: UnaryMethod, space: String = "default", _ fill: (inout ProtobufBuilder) -> Void = { _ in }
    ) async -> GRPCStatus {
        do throws(GRPCStatus) {
            _ = try await ask(method, space: space, fill)
            return .ok
        } catch {
            return error
        }
    }
}

struct TestPlane: ServingPlane {
    let dataPlane: DataPlane

    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) { try await dataPlane.prepare(entry) }
    func discard(_ entry: EndpointEntry) { dataPlane.discard(entry) }
    func install(_ snapshot: ServingSnapshot) async { await dataPlane.install(snapshot) }
}

/// Every model gives its input `x` as its output `y`.
struct CopyingRuntime: ModelRuntime {
    static let description = ModelDescription(
        format: "onnx",
        signature: Signature(
            inputs: [TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("batch"), .fixed(2)])],
            outputs: [TensorSpec(name: "y", elementType: .fp32, shape: [.symbolic("batch"), .fixed(2)])]),
        customMetadata: ["labels": "no,yes"])

    let format = "onnx"
    let version: String? = "1"

    func load(_ artifact: ModelArtifact, options: RuntimeOptions) throws(ModelLoadError) -> any ModelInstance {
        switch artifact.digest {
        case "broken": throw ModelLoadError(.invalidModel, "the model is broken")
        case "stuck": return StuckInstance()
        default: return CopyingInstance()
        }
    }
}

final class CopyingInstance: ModelInstance {
    let description = CopyingRuntime.description

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        inputs.map { Tensor(checkedName: "y", elementType: .fp32, shape: $0.shape, storage: $0.storage) }
    }
}

/// Every run goes on until nobody waits for it any more.
final class StuckInstance: ModelInstance {
    let description = CopyingRuntime.description

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        let stopped = DispatchSemaphore(value: 0)
        if let handle, handle.begin(stop: { stopped.signal() }) {
            stopped.wait()
            handle.end()
        }
        throw .terminated
    }
}

/// Finds every artifact at once: the files are the runtime's affair here.
struct AnyArtifact: ArtifactProvider {
    func locate(_ reference: ArtifactReference) throws(ModelLoadError) -> ModelArtifact {
        ModelArtifact(digest: reference.digest, directory: "/", modelFile: "model.onnx")
    }
}
