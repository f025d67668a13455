import Crypto
import Deployments
import Documents
import Foundation
import Identity
import Journal
import Registry
import Runtimes
import Serving
import Store
import Synchronization
import Tensors

@testable import Governance

/// Spaces, models and promotions on a data folder of its own; `test` gives to `prod`.
final class Harbour: Sendable {
    let folder: String
    let clock = ManualClock()
    let store: Store
    let access: AccessPlane
    let deployments: DeploymentService
    let registry: RegistryService
    let spaces: Spaces
    let hashing: GatedHashing
    let members: FixedMembers
    let promotions: PromotionService

    init(folder: String? = nil) async throws {
        self.folder = folder ?? NSTemporaryDirectory() + "slipway-governance-\(UUID().uuidString)"
        store = try Store.open(folder: self.folder, clock: clock)
        let plane = OpenPlane()
        access = AccessPlane()
        let publisher = Publisher(
            store: store.deployments, plane: plane, access: AccessPublisher(store: store.access, plane: access))
        deployments = DeploymentService(store: store.deployments, plane: plane, publisher: publisher)
        registry = RegistryService(store: store.registry, artifacts: store.artifacts, checker: EasyChecker())
        spaces = Spaces(store: store.spaces, publisher: publisher)
        hashing = GatedHashing(store.hashing)
        members = FixedMembers()
        promotions = PromotionService(
            store: store.promotions,
            gates: GateWorkshop(
                hashing: hashing, dataSets: DataSetService(store: store.dataSets, blobs: store.blobReading),
                scoring: WorkerScoring(artifacts: store.artifacts, workers: WorkerHost()), clock: clock),
            memberships: members,
            publisher: publisher, clock: clock, pause: { _ in await Self.never() })
        guard folder == nil else { return }
        for space in ["test", "prod"] { _ = try await spaces.create(space, principal: .asker) }
    }

    /// Waits until the task is cancelled.
    private static func never() async { try? await Task.sleep(for: .seconds(3600)) }

    func remove() {
        promotions.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A version in `test`, with a metric that tells it from others.
    @discardableResult
    func push(
        _ model: String, _ text: String, space: String = "test", by principal: Principal = .pusher
    ) async throws -> Int {
        let sha256 = SHA256.hash(data: Array(text.utf8)).hexadecimal
        let upload = try await store.blobs.beginUpload(
            space: space, sha256: sha256, declaredSize: nil, principal: principal)
        try await upload.append(Array(text.utf8))
        let file = ArtifactReference.File(path: "model.onnx", sha256: sha256, size: try await upload.finish())
        return try await registry.push(
            model: model, space: space, files: [file], metrics: ["accuracy": Double(text.count) / 100],
            principal: principal
        ).version.number
    }

    func policy(_ yaml: String, of space: String = "prod") async throws {
        _ = try await deployments.setPolicy(
            SpacePolicy(document: DocumentText.value(yaml: yaml)), of: space, principal: .asker)
    }

    func request(
        _ version: Int, model: String = "churn", from: String = "test", to: String = "prod", key: String? = nil
    ) async throws -> Promotion {
        try await promotions.request(
            model: model, version: version, source: from, target: to, reason: "better", principal: .asker,
            idempotencyKey: key)
    }

    func approve(_ number: Int, by principal: Principal = .validator) async throws -> (
        promotion: Promotion, counted: Bool
    ) {
        try await promotions.approve(number, space: "prod", principal: principal, roles: principal.roles)
    }

    /// The promotion once it has come to rest in one of these states, which other tasks bring it to.
    func settled(_ number: Int, _ states: PromotionLife.State..., run: Int? = nil) async throws -> Promotion {
        while true {
            let promotion = try await promotions.show(number, space: "prod").promotion
            if states.contains(promotion.state), run == nil || promotion.life.runs == run { return promotion }
            await Task.yield()
        }
    }

    func isAvailable(_ version: Int, model: String = "churn", in space: String = "prod") async throws -> Bool {
        try await store.promotions.read { try $0.version(model: model, number: version, space: space) != nil }
    }

    func deploy(_ version: Int, _ endpoint: String = "churn", space: String = "prod") async throws {
        _ = try await deployments.deploy(
            endpoint: endpoint, space: space, model: "churn", version: version, principal: .asker)
    }
}

extension Principal {
    static let asker = Principal(id: "asker")
    static let pusher = Principal(id: "pusher")
    static let validator = Principal(id: "val")
    static let second = Principal(id: "val2")

    /// In `prod`: who pushes and who asks could approve, but for the four eyes.
    var roles: [Role] { ["asker", "pusher", "val", "val2"].contains(id) ? [.developer, .validator] : [.viewer] }
}

/// A clock that moves only when told to.
final class ManualClock: WallClock {
    private let time = Atomic<Int>(1_700_000_000_000_000)

    var now: Int { time.load(ordering: .relaxed) }

    func advance(seconds: Int) { time.add(seconds * 1_000_000, ordering: .relaxed) }
}

struct OpenPlane: ServingPlane {
    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {}
    func discard(_ entry: EndpointEntry) {}
    func install(_ snapshot: ServingSnapshot) async {}
}

private struct EasyChecker: ModelChecking {
    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription {
        ModelDescription(
            format: "onnx",
            signature: Signature(
                inputs: [TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("n"), .fixed(4)])], outputs: []))
    }
}

struct FixedMembers: Memberships {
    func members(of space: String, having roles: [Role]) async throws(ControlError) -> [String] {
        ["asker", "pusher", "val", "val2"]
    }
}

/// Hashing that waits where a test wants it to, and finds what a test wants found.
final class GatedHashing: VersionHashing {
    private struct State {
        var isClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var problems: [String] = []
        var runs = 0
    }

    private let real: any VersionHashing
    private let state = Mutex(State())

    init(_ real: any VersionHashing) { self.real = real }

    /// How often a gate was carried out.
    var runs: Int { state.withLock { $0.runs } }

    func find(_ problems: [String]) { state.withLock { $0.problems = problems } }

    func close() { state.withLock { $0.isClosed = true } }

    func open() {
        let waiting = state.withLock { state in
            state.isClosed = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    /// Until a gate waits.
    func arrival() async { while state.withLock({ $0.waiting.isEmpty }) { await Task.yield() } }

    func rehash(
        _ artifact: ArtifactReference, progress: @escaping @Sendable (Int) -> Void
    ) async throws(ControlError) -> (bytes: Int, problems: [String]) {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                state.runs += 1
                if state.isClosed { state.waiting.append(continuation) }
                return !state.isClosed
            }
            if goesOn { continuation.resume() }
        }
        let found = try await real.rehash(artifact, progress: progress)
        return (found.bytes, found.problems + state.withLock { $0.problems })
    }
}

/// The error of the control plane that `body` throws; `nil` when it throws none.
func controlError(_ body: () async throws -> Void) async -> ControlError? {
    do {
        try await body()
        return nil
    } catch { return error as? ControlError ?? ControlError(.internalFailure, "another error: \(error)") }
}
