import Alerts
import Deployments
import Drift
import Experiments
import Foundation
import GitRuns
import Governance
import Identity
import Journal
import Logging
import MLflowGateway
import ManagementAPI
import ManagementGateway
import Monitoring
import Monitors
import NIOCore
import NIOPosix
import Quality
import Registry
import Replay
import Retraining
import Runtimes
import Serving
import Store
import Tensors
import Webhooks

@testable import Gateway

/// Endpoints that need no files have no versions either.
private struct NoFacts: VersionFactsSource {
    func facts(space: String, endpoint: String, version: Int) async -> VersionFacts? { nil }
}

/// A whole front door over a data folder of its own, and over endpoints that need no files.
final class Workshop: Sendable {
    let folder: String
    let dataPlane: DataPlane
    let runtime: DoublingRuntime
    let management: ManagementInterface
    let authority: CallerAuthority
    let door: HTTPFrontDoor
    let context: GatewayContext
    let logger: Logger
    let ledger: Ledger
    let drift: DriftService

    /// - Parameters:
    ///   - served: whether endpoints `fast` (answers), `slow` (waits at `runtime.gate`), `small` (takes 64 bytes) and
    ///     `broken` are there.
    ///   - isWatched: whether there is somebody who would be told of drift.
    ///   - authority: who asks; everybody, as `local`, unless given. What is stored about access does not change it.
    init(
        limits: HTTPLimits = HTTPLimits(), bodies: BodyBudget = BodyBudget(bytes: .max), served: Bool = true,
        authority asked: CallerAuthority? = nil, isWatched: Bool = true
    ) async throws {
        folder = NSTemporaryDirectory() + "slipway-gateway-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        self.logger = logger
        runtime = DoublingRuntime()
        let store = try Store.open(folder: folder + "/data")
        ledger = Ledger(folder: folder + "/ledger", logger: logger)
        drift = DriftService(folder: folder + "/drift", logger: logger, profile: { _ in nil })
        dataPlane = DataPlane(
            runtimes: [runtime], artifacts: AnyArtifact(),
            observers: isWatched ? CombinedObservers(ledger, drift) : ledger,
            configuration: DataPlane.Configuration(width: 2, queueLimit: 8), logger: logger)
        let access = AccessPlane(.of(spaces: ["default", "prod"]))
        let keepers = AccessPublisher(store: store.access, plane: access)
        let plane = TestPlane(dataPlane: dataPlane)
        let publisher = Publisher(store: store.deployments, plane: plane)
        let spaces = Spaces(store: store.spaces, publisher: publisher)
        let dataSets = DataSetService(store: store.dataSets, blobs: store.blobReading)
        let deployments = DeploymentService(store: store.deployments, plane: plane, publisher: publisher)
        let services = ManagementServices(
            registry: RegistryService(store: store.registry, artifacts: store.artifacts, checker: DoublingChecker()),
            dataSets: dataSets,
            deployments: deployments,
            rollouts: RolloutService(
                deployments: deployments, checks: DeafChecks(), memberships: OpenMemberships(), clock: SystemClock()),
            spaces: spaces, applications: ApplicationDesk(store: store.applications, publisher: publisher),
            promotions: PromotionService(
                store: store.promotions,
                gates: GateWorkshop(
                    hashing: store.hashing, dataSets: dataSets,
                    scoring: WorkerScoring(artifacts: store.artifacts, workers: WorkerHost()), clock: SystemClock()),
                memberships: OpenMemberships(), publisher: publisher, clock: SystemClock()),
            keys: KeyService(store: store.access, publisher: keepers),
            members: MemberService(store: store.access, publisher: keepers), access: access, blobs: store.blobs,
            audit: store.audit, dataPlane: dataPlane, server: TestInspection(store: store),
            storage: TestStorage(store: store), ledger: ledger,
            replays: ReplayService(
                ledger: ledger, scoring: WorkerScoring(artifacts: store.artifacts, workers: WorkerHost())),
            series: SeriesStore(folder: folder + "/series", dataPlane: dataPlane, logger: logger),
            drift: drift,
            quality: QualityService(
                ledger: ledger, store: QualityFolder(folder + "/quality"), facts: NoFacts(), logger: logger),
            monitors: MonitorService(store: store.monitors, sections: []),
            retraining: RetrainingService(testing: store), gitRuns: GitRunService(testing: store),
            gitHooks: GitHookService(
                store: store.gitHooks, secrets: HookSecrets(master: [1]), start: { _ throws(ControlError) in 1 }),
            alerts: .deaf(store, logger: logger))
        management = ManagementInterface(services: services)
        authority = asked ?? CallerAuthority(access, isOpen: true)
        door = HTTPFrontDoor(
            limits: limits, bodies: bodies, dataPlane: dataPlane,
            management: JointAnswerer(
                management: management,
                mlflow: MLflowInterface(
                    services: MLflowServices(
                        experiments: ExperimentService(store: store.tracking),
                        runs: RunService(store: store.tracking, clock: SystemClock()),
                        loggedModels: LoggedModelService(store: store.tracking, clock: SystemClock()),
                        artifacts: ArtifactService(store: store.tracking, storage: store.tracked),
                        registry: services.registry,
                        catalog: ModelCatalog(
                            store: store.catalog, registry: services.registry, blobs: store.blobReading)))),
            authority: authority,
            serverVersion: Release.version, logger: logger)
        context = door.context
        if served {
            await dataPlane.install(
                ServingSnapshot(
                    generation: 0,
                    endpoints: [
                        Self.entry("fast"), Self.entry("slow", digest: "slow"), Self.entry("broken", digest: "broken"),
                        Self.entry("small", options: EndpointOptions(maxBodyBytes: 64)),
                        Self.entry("fast", space: "prod", version: 7),
                        Self.entry("off", isLoaded: false),
                    ]))
        }
        door.readiness.isOn = true
    }

    deinit {
        ledger.close()
        drift.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func entry(
        _ name: String, space: String = "default", digest: String = "fast", version: Int = 3,
        options: EndpointOptions = EndpointOptions(), isLoaded: Bool = true
    ) -> EndpointEntry {
        EndpointEntry(
            space: space, name: name, model: name, version: version, revision: 1,
            artifact: ArtifactReference(
                digest: digest, format: "onnx",
                files: [ArtifactReference.File(path: "model.onnx", sha256: digest, size: 1)]),
            description: .doubling(format: "onnx", hasControlFlow: digest == "slow"), options: options,
            isLoaded: isLoaded)
    }

    /// Serves on a free port while `body` runs.
    func serving<Value: Sendable>(_ body: (SocketAddress) async throws -> Value) async throws -> Value {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        guard let address = try await door.start(host: "127.0.0.1", port: 0, group: group) else {
            throw ChannelError.unknownLocalAddress
        }
        let value: Value
        do {
            value = try await body(address)
        } catch {
            await door.drain(within: .seconds(5))
            try await group.shutdownGracefully()
            throw error
        }
        await door.drain(within: .seconds(5))
        try await group.shutdownGracefully()
        return value
    }
}

extension AlertServices {
    /// Nothing is measured, and every message arrives nowhere.
    fileprivate static func deaf(_ store: Store, logger: Logger) -> AlertServices {
        struct Nothing: EndpointReadings, DeliveryCarrying {
            func reading(space: String, endpoint: String) async -> EndpointReading { EndpointReading() }
            func carry(_ delivery: Delivery) async -> DeliveryOutcome { DeliveryOutcome(.refused, "a test") }
        }
        let deliveries = DeliveryService(store: store.deliveries, carrier: Nothing(), logger: logger)
        let newID: @Sendable () -> String = { UUID().uuidString }
        let secrets = WebhookSecrets(folder: nil, environment: [:], master: [1])
        return AlertServices(
            desk: AlertService(store: store.alerts, deliveries: deliveries, newID: newID),
            watch: AlertWatch(
                store: store.alerts, readings: Nothing(), deliveries: deliveries, places: { [] }, logger: logger,
                newID: newID),
            deliveries: deliveries, secrets: secrets,
            webhooks: WebhookService(
                store: store.webhooks, deliveries: deliveries,
                sender: WebhookSender(policy: AddressPolicy(), secrets: secrets), newID: newID))
    }
}

struct TestPlane: ServingPlane {
    let dataPlane: DataPlane

    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) { try await dataPlane.prepare(entry) }
    func discard(_ entry: EndpointEntry) { dataPlane.discard(entry) }
    func install(_ snapshot: ServingSnapshot) async { await dataPlane.install(snapshot) }
}

struct TestStorage: StorageKeeping {
    let store: Store

    func collect(by principal: Principal) async throws(ControlError) -> CollectionReport {
        let result = try await store.collect(by: principal)
        return CollectionReport(files: result.blobs, bytes: result.bytes)
    }

    func backup() async throws(ControlError) -> any BackupReading { TestBackup(archive: try await store.backup()) }
}

struct TestBackup: BackupReading {
    let archive: BackupArchive

    var size: Int { archive.size }

    func next() async throws(ControlError) -> [UInt8]? { try await archive.next() }
}

struct TestInspection: ServerInspection {
    let store: Store

    func info() -> ServerInfo {
        ServerInfo(
            name: "slipway", version: "test", startedAt: "2026-01-01T00:00:00Z", uptimeSeconds: 1,
            dataFolder: store.path,
            generation: 0, runtimes: [:], httpPort: 0, grpcPort: 0, authentication: false)
    }

    func usage() async throws(ControlError) -> (blobBytes: Int, freeBytes: Int) {
        (try await store.usage().blobBytes, 1)
    }

    func verify() async throws(ControlError) -> VerifyReport {
        let result = try await store.verify()
        return VerifyReport(blobs: result.blobs, bytes: result.bytes, auditEvents: result.auditEvents, problems: [])
    }
}

/// Asks nobody.
private struct DeafChecks: RolloutCheckRunning {
    func ask(_ check: RolloutCheck, about subject: RolloutCheckSubject) async -> CheckResult {
        CheckResult(name: check.name, outcome: .unavailable, detail: "nobody is asked here")
    }
}
