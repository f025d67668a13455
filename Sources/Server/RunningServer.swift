import Deployments
import Drift
import Experiments
import Foundation
import GRPCGateway
import Gateway
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

/// All rooms, wired. The one place that knows everybody.
final class RunningServer: Sendable {
    private let configuration: ServerConfiguration
    private let sockets: ListeningSockets
    private let store: Store
    private let door: HTTPFrontDoor
    private let grpcDoor: GRPCFrontDoor
    private let group: MultiThreadedEventLoopGroup
    private let certificate: CertificateStore?
    private let inspection: Inspection
    private let promotions: PromotionService
    private let rollouts: RolloutService
    private let checks: OutsideChecks
    private let upkeep: Upkeep
    private let ledger: Ledger
    private let replays: ReplayService
    private let series: SeriesStore
    private let drift: DriftService
    private let retraining: RetrainingService
    private let gitRuns: GitRunService
    private let alerting: Alerting
    private let quality: QualityService
    private let stop: StopRequest
    private let logger: Logger
    private let security: ServerAccess
    private let restoring = Restoring()

    private init(
        configuration: ServerConfiguration, sockets: ListeningSockets, store: Store, door: HTTPFrontDoor,
        grpcDoor: GRPCFrontDoor, group: MultiThreadedEventLoopGroup, certificate: CertificateStore?,
        inspection: Inspection, promotions: PromotionService, rollouts: RolloutService, checks: OutsideChecks,
        security: ServerAccess, upkeep: Upkeep, ledger: Ledger, replays: ReplayService, series: SeriesStore,
        drift: DriftService, quality: QualityService, alerting: Alerting, retraining: RetrainingService,
        gitRuns: GitRunService, stop: StopRequest, logger: Logger
    ) {
        self.configuration = configuration
        self.sockets = sockets
        self.store = store
        self.door = door
        self.grpcDoor = grpcDoor
        self.group = group
        self.certificate = certificate
        self.inspection = inspection
        self.promotions = promotions
        self.rollouts = rollouts
        self.checks = checks
        self.security = security
        self.upkeep = upkeep
        self.ledger = ledger
        self.replays = replays
        self.series = series
        self.drift = drift
        self.retraining = retraining
        self.gitRuns = gitRuns
        self.alerting = alerting
        self.quality = quality
        self.stop = stop
        self.logger = logger
    }

    /// Order: the data folder, what is committed, the sockets. Callers wait in the socket's queue until what is committed
    /// answers, or for as long as a caller may be kept waiting; then they are told that the server is not ready.
    ///
    /// - Parameter stop: requested when the server cannot go on, which may be before this returns; `failure` says why.
    static func start(
        _ configuration: ServerConfiguration, sockets: ListeningSockets, stop: StopRequest, logger: Logger
    ) async throws -> RunningServer {
        let clock = SystemClock()
        let certificate = try configuration.certificate()
        let store = try Store.open(
            folder: configuration.dataDir, clock: clock, maximumBlobBytes: configuration.maxUploadBytes,
            collectGraceSeconds: configuration.collectGraceSeconds,
            keepDeletedRunsSeconds: configuration.keepDeletedRunsSeconds,
            auditHeadsPath: configuration.auditHeadsPath)
        let upkeep = Upkeep(store: store, configuration: configuration, logger: logger)
        let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
        let runtime = ONNXRuntime(search: .ofThisProcess(explicitPath: configuration.onnxruntime), logger: logger)
        let workers = WorkerHost(library: configuration.onnxruntime, logger: logger)
        let ledger = Ledger(folder: store.path + "/ledger", clock: clock, logger: logger)
        let drift = DriftService(
            folder: store.path + "/drift", clock: clock, logger: logger, profile: PushedReference(store.artifacts).read)
        let dataPlane = DataPlane(
            runtimes: [runtime], artifacts: store.artifacts, workers: workers,
            observers: CombinedObservers(ledger, drift),
            configuration: DataPlane.Configuration(
                width: configuration.computeThreads ?? cores, queueLimit: configuration.queueLimit,
                memoryBudgetBytes: configuration.memoryBudgetBytes,
                keepSupersededSeconds: configuration.keepSupersededSeconds),
            logger: logger)
        let series = SeriesStore(folder: store.path + "/series", dataPlane: dataPlane, clock: clock, logger: logger)
        let alerting = try Alerting(
            store: store, configuration: configuration, dataPlane: dataPlane, series: series, clock: clock,
            logger: logger)
        alerting.readings.connect(drift: { space, endpoint in
            drift.alertReading(
                space: space, endpoint: endpoint,
                version: dataPlane.endpoint(space: space, name: endpoint)?.entry.version)
        })
        let crashes = CrashJournal(folder: store.path)
        if !crashes.listen() {
            logger.warning(
                "crashes cannot be reported", metadata: ["error.message": "\(String(cString: strerror(errno)))"])
        }
        let security = try await ServerAccess.open(store, configuration, clock: clock, logger: logger)
        let seam = DataPlaneSeam(dataPlane: dataPlane, crashes: crashes, logger: logger)
        let publisher = Publisher(store: store.deployments, plane: seam, access: security.publisher)
        let deployments = DeploymentService(store: store.deployments, plane: seam, publisher: publisher)
        let dataSets = DataSetService(store: store.dataSets, blobs: store.blobReading)
        let replayScoring = WorkerScoring(artifacts: store.artifacts, workers: workers, purpose: "replay")
        let replays = ReplayService(ledger: ledger, scoring: replayScoring)
        let promotions = PromotionService(
            store: store.promotions,
            gates: GateWorkshop(
                hashing: store.hashing, dataSets: dataSets,
                scoring: WorkerScoring(artifacts: store.artifacts, workers: workers),
                shadows: ShadowRecords(store: store.deployments),
                replays: ReplayService(ledger: ledger, scoring: replayScoring, atOnce: 8), clock: clock),
            memberships: security.members, publisher: publisher, clock: clock)
        let traces = RolloutTraces()
        let checks = OutsideChecks(traces: traces, logger: logger)
        let rollouts = RolloutService(
            deployments: deployments, checks: checks, memberships: security.members, clock: clock,
            report: { Self.report($0, $1, logger) })
        let registry = RegistryService(
            store: store.registry, artifacts: store.artifacts, checker: ModelCheck(configuration))
        let quality = QualityService(
            ledger: ledger, store: QualityFolder(store.path + "/quality"),
            facts: RegisteredFacts(registry: registry, deployments: deployments), clock: clock, logger: logger)
        alerting.readings.connect(quality: { space, endpoint in
            quality.alertReadings(
                space: space, endpoint: endpoint,
                version: dataPlane.endpoint(space: space, name: endpoint)?.entry.version)
        })
        let retrainers = Retrainers(configuration, store: store, sockets: sockets, logger: logger)
        let gitRuns = GitRunners(
            configuration: configuration, store: store, commands: retrainers.commands, logger: logger
        ).service(
            registry: registry, dataSets: dataSets, promotions: promotions, deployments: deployments,
            rollouts: rollouts, publisher: publisher, clock: clock)
        let retraining = retrainers.service(
            alerting: alerting.services, quality: quality, ledger: ledger, promotions: promotions,
            rollouts: rollouts, security: security, publisher: publisher, clock: clock)
        let monitors = MonitorService(
            store: store.monitors,
            sections: [
                DriftSection(drift: drift), QualitySection(quality: quality), alerting.section,
                RetrainingSection(service: retraining),
            ])
        // Before the first endpoint is there to be watched.
        try await monitors.restore()
        let inspection = Inspection(
            store: store, dataPlane: dataPlane, runtimes: [runtime], sockets: sockets,
            authentication: !security.authority.isOpen, startedAt: Timestamp(microseconds: clock.now))
        let management = ManagementInterface(
            services: ManagementServices(
                registry: registry, dataSets: dataSets, deployments: deployments, rollouts: rollouts,
                spaces: Spaces(store: store.spaces, publisher: publisher),
                applications: ApplicationDesk(store: store.applications, publisher: publisher), promotions: promotions,
                keys: security.keys,
                members: security.members, access: security.publisher.plane, blobs: store.blobs,
                audit: store.audit, dataPlane: dataPlane, server: inspection, storage: StoredData(store: store),
                ledger: ledger, replays: replays, series: series, drift: drift, quality: quality, monitors: monitors,
                retraining: retraining, gitRuns: gitRuns,
                gitHooks: try PushHook.service(store: store, runs: gitRuns), alerts: alerting.services, traces: traces),
            largestDocument: configuration.maxManagementBodyBytes)
        let mlflow = MLflowInterface(
            services: MLflowServices(store: store, registry: registry, clock: clock),
            largestDocument: configuration.maxManagementBodyBytes)
        let bodies = BodyBudget(bytes: configuration.bodyMemory)
        let door = HTTPFrontDoor(
            limits: configuration.limits, bodies: bodies, dataPlane: dataPlane,
            management: JointAnswerer(management: management, mlflow: mlflow),
            authority: security.authority, serverVersion: Release.version,
            gauges: [
                DriftGauges(drift: drift, dataPlane: dataPlane), QualityGauges(quality: quality, dataPlane: dataPlane),
                alerting,
            ],
            tls: { certificate?.http },
            logger: logger)
        let grpcDoor = GRPCFrontDoor(
            limits: configuration.grpcLimits, bodies: bodies, dataPlane: dataPlane,
            authority: security.authority,
            services: GRPCServices(
                dataPlane: dataPlane, deployments: deployments, readiness: door.readiness,
                serverVersion: Release.version),
            tls: { certificate?.grpc }, logger: logger)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops ?? cores)
        let server = RunningServer(
            configuration: configuration, sockets: sockets, store: store, door: door, grpcDoor: grpcDoor,
            group: group, certificate: certificate, inspection: inspection, promotions: promotions,
            rollouts: rollouts, checks: checks, security: security, upkeep: upkeep, ledger: ledger, replays: replays,
            series: series, drift: drift, quality: quality, alerting: alerting, retraining: retraining,
            gitRuns: gitRuns, stop: stop, logger: logger)
        try await server.open(deployments)
        return server
    }

    /// A caller who waits longer than this for the endpoints to load is told so instead.
    private static let patience = Duration.seconds(1)

    private func open(_ deployments: DeploymentService) async throws {
        let restored = Task { await restore(deployments) }
        await BoundedWait.end(of: restored, within: Self.patience)
        // Nobody is let in where nothing would ever answer.
        guard failure == nil else { return }
        try await door.start(listening: sockets.http.descriptor, group: group)
        try await grpcDoor.start(listening: sockets.grpc.descriptor, group: group)
        await upkeep.start()
        series.start()
        drift.start()
        quality.start()
    }

    /// Brings back what is committed. The doors may open in the middle of it; the health routes say that it goes on.
    private func restore(_ deployments: DeploymentService) async {
        do throws(ControlError) {
            try await deployments.restore()
        } catch {
            guard restoring.failed(RestoreFailure(reason: "\(error)")) else { return }
            logger.error("what is committed could not be brought back", metadata: ["error.message": "\(error)"])
            stop.request()
            return
        }
        await restoring.succeeded { await self.lookAfter() }
    }

    /// Lets everybody begin who looks after what is there.
    private func lookAfter() async {
        door.readiness.isOn = true
        rollouts.run()
        // Not before: an endpoint that is not there yet is not one that was deleted.
        await alerting.start()
        retraining.run()
        gitRuns.run()
        do throws(ControlError) {
            try await promotions.resume()
        } catch {
            logger.error(
                "open promotions could not be taken up: the next start tries again",
                metadata: ["error.message": "\(error)"])
        }
    }
}

extension RunningServer {
    /// Why the server cannot go on; `nil` while it can.
    var failure: RestoreFailure? { restoring.failure }

    /// Tells the person at the terminal that it works, and what to do.
    func announce() {
        let scheme = certificate == nil ? "http" : "https"
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        var lines = ["Slipway \(Release.version) answers at \(scheme)://\(host):\(sockets.http.port)"]
        lines.append("gRPC answers at \(host):\(sockets.grpc.port)\(certificate == nil ? "" : " (TLS)")")
        lines.append("Data folder: \(store.path)")
        if !security.authority.isOpen {
            lines += security.announcement
        } else if configuration.isLoopback {
            lines.append("Open to everybody on this machine: callers are not asked who they are.")
        } else {
            lines.append("Open to everybody who reaches \(host): callers are not asked who they are (--insecure).")
        }
        // Asked first: what is not deployed may only not be there yet.
        let isLoading = !inspection.dataPlane.isReady
        let endpoints = inspection.dataPlane.endpoints
        if !endpoints.isEmpty {
            lines.append("\(endpoints.count(where: \.isReady)) of \(endpoints.count) endpoints answer.")
        } else if !isLoading {
            let flag = sockets.http.port == 8080 ? "" : " --server \(scheme)://\(host):\(sockets.http.port)"
            lines.append("Nothing is deployed yet. Next: slipway model push FILE.onnx --name NAME\(flag)")
        }
        if isLoading { lines.append("Models are still being loaded: /v2/health/ready is 200 once all of them are.") }
        FileHandle.standardOutput.write(Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    fileprivate static func report(_ rollout: Rollout?, _ error: ControlError, _ logger: Logger) {
        var about: Logger.Metadata = ["error.message": "\(error.message)"]
        if let rollout {
            about["endpoint.space"] = "\(rollout.space)"
            about["endpoint.name"] = "\(rollout.endpoint)"
            about["rollout.number"] = "\(rollout.number)"
        }
        logger.error("a rollout could not be looked after; the next second tries again", metadata: about)
    }

    func reloadCertificate() { certificate?.reload(logger: logger) }

    /// Stops accepting, lets what is under way finish, and puts the data folder in order.
    func drain() async {
        logger.info("stopping: requests under way may finish", metadata: ["limit": "\(configuration.drainSeconds) s"])
        // First: whoever began to look after something from here on would never be stopped.
        await restoring.stop()
        // They may take for ever, and nothing is lost with them.
        replays.close()
        let limit = TimeAmount.seconds(Int64(configuration.drainSeconds))
        async let http: Void = door.drain(within: limit)
        await grpcDoor.drain(within: limit)
        await http
        await gitRuns.stop()
        await retraining.stop()
        await alerting.stop()
        promotions.stop()
        await rollouts.stop()
        await checks.close()
        await security.close()
        await upkeep.stop()
        // Last of those that hear of predictions: none is under way any more.
        await BlockingThreads(name: "slipway.monitoring.close", width: 1).run {
            self.ledger.close()
            self.series.close()
            self.drift.close()
            self.quality.close()
        }
        do {
            try store.close()
        } catch {
            // Everything acknowledged is on disk already; the next start folds the log in.
            logger.warning("the database could not be closed", metadata: ["error.message": "\(error)"])
        }
        logger.info("stopped")
    }
}

extension ServerConfiguration {
    fileprivate func certificate() throws(ConfigurationError) -> CertificateStore? {
        guard let tlsCertificate, let tlsKey else { return nil }
        return try CertificateStore(certificate: tlsCertificate, key: tlsKey)
    }
}
