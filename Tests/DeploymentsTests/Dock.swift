import Crypto
import Deployments
import Documents
import Foundation
import Governance
import Journal
import Registry
import Runtimes
import Serving
import Store
import Synchronization
import Tensors
import Testing

/// A deployment service on a data folder of its own, with a plane that writes down what it is asked.
final class Dock: Sendable {
    let folder: String
    let store: Store
    let plane: RecordingPlane
    let deployments: DeploymentService
    let rollouts: RolloutService
    let checks = SetChecks()

    init(_ plane: RecordingPlane = RecordingPlane(), folder: String? = nil) throws {
        self.folder = folder ?? NSTemporaryDirectory() + "slipway-deployments-\(UUID().uuidString)"
        store = try Store.open(folder: self.folder)
        self.plane = plane
        deployments = DeploymentService(store: store.deployments, plane: plane)
        rollouts = RolloutService(
            deployments: deployments, checks: checks, memberships: OpenMemberships(), clock: SystemClock(),
            report: { Issue.record("the loop failed: \($0?.title ?? "") \($1)") })
    }

    func push(_ model: String, _ text: String, run: Int? = nil) async throws {
        let registry = RegistryService(store: store.registry, artifacts: store.artifacts, checker: EasyChecker())
        let sha256 = SHA256.hash(data: Array(text.utf8)).hexadecimal
        let upload = try await store.blobs.beginUpload(
            space: "default", sha256: sha256, declaredSize: nil, principal: .local)
        try await upload.append(Array(text.utf8))
        let file = ArtifactReference.File(path: "model.onnx", sha256: sha256, size: try await upload.finish())
        _ = try await registry.push(model: model, space: "default", files: [file], run: run, principal: .local)
    }

    func deploy(
        _ endpoint: String, _ model: String, _ version: Int? = nil, options: EndpointOptions = EndpointOptions(),
        reason: String = "", watch: Int = 60, key: String? = nil, ifMatch: Int? = nil
    ) async throws -> Deployment {
        try await deployments.deploy(
            endpoint: endpoint, space: "default", model: model, version: version, options: options, reason: reason,
            watchSeconds: watch, principal: .local, idempotencyKey: key, ifMatch: ifMatch)
    }

    /// Begins a rollout, as YAML.
    func start(_ endpoint: String, _ yaml: String, key: String? = nil) async throws -> Rollout {
        try await rollouts.start(
            endpoint, space: "default", document: DocumentText.value(yaml: yaml, what: "rollout"), principal: .local,
            idempotencyKey: key)
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}

private struct EasyChecker: ModelChecking {
    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription {
        ModelDescription(
            format: "onnx",
            signature: Signature(
                inputs: [TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("batch")])],
                outputs: [TensorSpec(name: "y", elementType: .fp32, shape: [.symbolic("batch")])]))
    }
}

/// Notes every call; refuses the versions it is told to refuse.
final class RecordingPlane: ServingPlane {
    private struct State {
        var prepared: [EndpointEntry] = []
        var discarded: [EndpointEntry] = []
        var held: [EndpointEntry] = []
        var heldAtInstalls: [[EndpointEntry]] = []
        var meanwhile: (@Sendable () async -> Void)?
        var installed: [ServingSnapshot] = []
        var refusals: [Int: ModelLoadError] = [:]
        var arms: [String: ArmCounts] = [:]
        var faults: [VariantFault] = []
        var predictions: [String: String] = [:]
        var inside = 0
        var mostInside = 0
    }

    private let state = Mutex(State())

    var prepared: [EndpointEntry] { state.withLock { $0.prepared } }
    var discarded: [EndpointEntry] { state.withLock { $0.discarded } }
    /// What was prepared and not given back since, as `endpoint=model:version`.
    var held: [String] { state.withLock { $0.held.map(Self.words) } }
    /// The same, by installation, at the end of each.
    var heldAtInstalls: [[String]] { state.withLock { $0.heldAtInstalls.map { $0.map(Self.words) } } }
    var installed: [ServingSnapshot] { state.withLock { $0.installed } }
    var mostInside: Int { state.withLock { $0.mostInside } }
    /// What answers now, as `endpoint=model:version`.
    var live: [String] {
        (installed.last?.endpoints ?? []).map { Self.words($0) + ($0.isLoaded ? "" : " unloaded") }
    }

    private static func words(_ entry: EndpointEntry) -> String { "\(entry.name)=\(entry.model):\(entry.version)" }

    /// Has `body` happen while the next version is being prepared.
    func meanwhile(_ body: @escaping @Sendable () async -> Void) { state.withLock { $0.meanwhile = body } }

    func refuse(version: Int, _ error: ModelLoadError?) { state.withLock { $0.refusals[version] = error } }

    /// Lets a variant of whatever rollout is open have done that much more.
    func serve(_ variant: String, requests: UInt64, errors: UInt64 = 0) {
        state.withLock { state in
            var counts = state.arms[variant] ?? ArmCounts()
            counts.requests += requests
            counts.errors += errors
            state.arms[variant] = counts
        }
    }

    /// Lets a variant of rollout 1 have made the prediction.
    func answer(_ prediction: String, by variant: String) { state.withLock { $0.predictions[prediction] = variant } }

    func variant(ofPrediction id: String, space: String, endpoint: String) -> (variant: String, rollout: Int)? {
        state.withLock { $0.predictions[id].map { ($0, 1) } }
    }

    func fail(_ fault: VariantFault) { state.withLock { $0.faults.append(fault) } }

    func mend(_ variant: String) { state.withLock { $0.faults.removeAll { $0.variant == variant } } }

    func faults(space: String, endpoint: String) -> [VariantFault] { state.withLock { $0.faults } }

    /// As a restart of the server does.
    func forgetCounts() { state.withLock { $0.arms = [:] } }

    func arms(space: String, endpoint: String) -> [ArmReading] {
        state.withLock { state in
            let plan = state.installed.last?.endpoints.first { $0.space == space && $0.name == endpoint }?.traffic
            return (plan?.targets ?? []).map { target in
                ArmReading(
                    variant: target.variant, rollout: plan?.rollout ?? 0,
                    counts: state.arms[target.variant] ?? ArmCounts())
            }
        }
    }

    /// Who gets which share now, as `stable:1=9900 canary:2=100`; empty where no rollout is open.
    func shares(_ endpoint: String) -> String {
        let plan = installed.last?.endpoints.first { $0.name == endpoint }?.traffic
        return (plan?.targets ?? []).map { "\($0.variant):\($0.entry.version)=\($0.weight)" }.joined(separator: " ")
    }

    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {
        await Task.yield()
        let meanwhile = state.withLock { state in
            defer { state.meanwhile = nil }
            return state.meanwhile
        }
        await meanwhile?()
        let refusal = state.withLock { state in
            state.prepared.append(entry)
            let refusal = state.refusals[entry.version]
            if refusal == nil { state.held.append(entry) }
            return refusal
        }
        if let refusal { throw refusal }
    }

    func discard(_ entry: EndpointEntry) {
        let wasHeld = state.withLock { state in
            state.discarded.append(entry)
            guard let index = state.held.firstIndex(of: entry) else { return false }
            state.held.remove(at: index)
            return true
        }
        if !wasHeld { Issue.record("given back and not held: \(Self.words(entry))") }
    }

    func install(_ snapshot: ServingSnapshot) async {
        state.withLock { state in
            state.inside += 1
            state.mostInside = max(state.mostInside, state.inside)
        }
        for _ in 0..<3 { await Task.yield() }
        state.withLock { state in
            state.heldAtInstalls.append(state.held)
            state.inside -= 1
            state.installed.append(snapshot)
        }
    }
}

/// Answers as the test says.
final class SetChecks: RolloutCheckRunning {
    private let state = Mutex((outcomes: [String: CheckResult.Outcome](), asked: [RolloutCheckSubject]()))

    var asked: [RolloutCheckSubject] { state.withLock { $0.asked } }

    func set(_ name: String, _ outcome: CheckResult.Outcome) { state.withLock { $0.outcomes[name] = outcome } }

    func ask(_ check: RolloutCheck, about subject: RolloutCheckSubject) async -> CheckResult {
        state.withLock { state in
            state.asked.append(subject)
            return CheckResult(name: check.name, outcome: state.outcomes[check.name] ?? .unavailable, detail: "set")
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
