package import Deployments
package import Drift
package import GitRuns
package import Governance
package import Identity
package import Journal
package import ManagementAPI
package import Monitoring
package import Monitors
package import Quality
package import Registry
package import Replay
package import Retraining
package import Serving

/// What the management interface acts on.
package struct ManagementServices: Sendable {
    package var registry: RegistryService
    package var dataSets: DataSetService
    package var deployments: DeploymentService
    package var rollouts: RolloutService
    package var spaces: Spaces
    package var applications: ApplicationDesk
    package var promotions: PromotionService
    package var keys: KeyService
    package var members: MemberService
    /// Who may do what, as requests are asked.
    package var access: AccessPlane
    package var blobs: any BlobStore
    package var audit: AuditTrail
    package var dataPlane: DataPlane
    package var server: any ServerInspection
    package var storage: any StorageKeeping
    package var ledger: Ledger
    package var replays: ReplayService
    package var series: SeriesStore
    package var drift: DriftService
    package var quality: QualityService
    package var monitors: MonitorService
    package var retraining: RetrainingService
    package var gitRuns: GitRunService
    package var gitHooks: GitHookService
    package var alerts: AlertServices
    package var traces: RolloutTraces

    package init(
        registry: RegistryService, dataSets: DataSetService, deployments: DeploymentService,
        rollouts: RolloutService, spaces: Spaces, applications: ApplicationDesk, promotions: PromotionService,
        keys: KeyService,
        members: MemberService, access: AccessPlane,
        blobs: any BlobStore, audit: AuditTrail, dataPlane: DataPlane, server: any ServerInspection,
        storage: any StorageKeeping, ledger: Ledger, replays: ReplayService, series: SeriesStore, drift: DriftService,
        quality: QualityService, monitors: MonitorService, retraining: RetrainingService, gitRuns: GitRunService,
        gitHooks: GitHookService, alerts: AlertServices,
        traces: RolloutTraces = RolloutTraces()
    ) {
        self.registry = registry
        self.dataSets = dataSets
        self.deployments = deployments
        self.rollouts = rollouts
        self.spaces = spaces
        self.applications = applications
        self.promotions = promotions
        self.keys = keys
        self.members = members
        self.access = access
        self.blobs = blobs
        self.audit = audit
        self.dataPlane = dataPlane
        self.server = server
        self.storage = storage
        self.ledger = ledger
        self.replays = replays
        self.series = series
        self.drift = drift
        self.quality = quality
        self.monitors = monitors
        self.retraining = retraining
        self.gitRuns = gitRuns
        self.gitHooks = gitHooks
        self.alerts = alerts
        self.traces = traces
    }
}

/// What only the composition of the server knows about itself.
package protocol ServerInspection: Sendable {
    func info() -> ServerInfo
    /// Bytes of all blobs, and bytes still free where the data folder is.
    func usage() async throws(ControlError) -> (blobBytes: Int, freeBytes: Int)
    /// Hashes everything that is stored again.
    func verify() async throws(ControlError) -> VerifyReport
}

/// What is asked of the data folder as a whole.
package protocol StorageKeeping: Sendable {
    /// Removes the files that nothing refers to any more.
    func collect(by principal: Principal) async throws(ControlError) -> CollectionReport
    /// Begins a backup of everything as it is now.
    func backup() async throws(ControlError) -> any BackupReading
}

/// A backup on its way out. What it needs is held until it is let go of.
package protocol BackupReading: Sendable {
    /// Bytes of the whole archive.
    var size: Int { get }
    /// The next of them; `nil` after the last.
    func next() async throws(ControlError) -> [UInt8]?
}
