package import Alerts
package import Deployments
package import Experiments
import Foundation
import GRDB
package import GitRuns
package import Governance
package import Identity
package import Journal
package import Monitors
package import Registry
package import Retraining
package import Webhooks

/// How much is stored and how much fits.
package struct StoreUsage: Sendable, Hashable {
    package let blobs: Int
    package let blobBytes: Int
    /// Bytes still free where the data folder is; `nil` when nobody says.
    package let freeBytes: Int?
}

/// The data folder: one SQLite database, a folder of blobs, and an exclusive lock over both.
///
/// The lock goes back when the store and everything that was taken from it are gone, or the process is.
package final class Store: Sendable {
    /// What a blob may have at most, unless told otherwise: 64 GiB.
    package static let defaultMaximumBlobBytes = 64 << 30
    /// How long what nothing refers to stays, unless told otherwise: a day.
    package static let defaultCollectGraceSeconds = 86_400

    /// How long deleted runs and logged models can be brought back, unless told otherwise: 30 days.
    package static let defaultKeepDeletedRunsSeconds = 30 * 86_400

    /// The folder's absolute path.
    package let path: String
    package let spaces: SpaceUnitOfWork
    package let promotions: PromotionUnitOfWork
    package let registry: RegistryUnitOfWork
    package let catalog: CatalogUnitOfWork
    package let dataSets: DataSetUnitOfWork
    package let deployments: DeploymentUnitOfWork
    package let access: AccessUnitOfWork
    package let applications: ApplicationUnitOfWork
    package let monitors: MonitorUnitOfWork
    package let retraining: RetrainingUnitOfWork
    package let gitRuns: GitRunUnitOfWork
    package let gitHooks: HookUnitOfWork
    package let alerts: AlertUnitOfWork
    package let deliveries: DeliveryUnitOfWork
    package let tracking: TrackingUnitOfWork
    package let webhooks: WebhookUnitOfWork
    /// What keys with a limit for a month have used.
    package let ledger: any UsageLedger
    package let blobs: any BlobStore
    /// The same blobs, to be read again.
    package let blobReading: any BlobReading
    /// The same, for what runs and logged models keep.
    package let tracked: any ArtifactStorage
    package let artifacts: any ArtifactStore
    package let audit: AuditTrail

    let folder: DataFolder
    let database: ControlDatabase
    let blobFolder: BlobFolder
    private let heads: AuditHeadRecords
    private let collector: BlobCollector
    private let usageFile: UsageFile
    private let threads = BlockingThreads(name: "slipway.verify", width: 1)

    /// Takes the folder, makes what is missing, brings the schema up to date and removes what a crash left. Blocks.
    ///
    /// - Parameters:
    ///   - collectGraceSeconds: how long a blob that nothing refers to stays after somebody last sent or asked for it.
    ///   - keepDeletedRunsSeconds: how long deleted runs and logged models can be brought back.
    ///   - auditHeadsPath: a file or folder outside, where signed heads of the audit chain are kept too.
    package static func open(
        folder: String, clock: any WallClock = SystemClock(), maximumBlobBytes: Int = defaultMaximumBlobBytes,
        collectGraceSeconds: Int = defaultCollectGraceSeconds,
        keepDeletedRunsSeconds: Int = defaultKeepDeletedRunsSeconds, auditHeadsPath: String? = nil
    ) throws(StoreError) -> Store {
        try Store(
            folder: folder, clock: clock, maximumBlobBytes: maximumBlobBytes, calls: FileCalls(),
            collectGraceSeconds: collectGraceSeconds, keepDeletedRunsSeconds: keepDeletedRunsSeconds,
            auditHeadsPath: auditHeadsPath)
    }

    init(
        folder path: String, clock: any WallClock, maximumBlobBytes: Int, calls: FileCalls,
        collectGraceSeconds: Int = defaultCollectGraceSeconds,
        keepDeletedRunsSeconds: Int = defaultKeepDeletedRunsSeconds, auditHeadsPath: String? = nil
    ) throws(StoreError) {
        let folder = try DataFolder(path, calls: calls)
        let database = try ControlDatabase(folder, clock: clock)
        let blobFolder = BlobFolder(
            folder, database, maximumSize: maximumBlobBytes, graceSeconds: collectGraceSeconds)
        let signer = try AuditKeyFile.open(folder)
        let heads = AuditHeadRecords(folder, elsewhere: auditHeadsPath)
        try heads.check(folder, database, key: signer.publicKey)
        self.path = folder.path
        self.folder = folder
        self.database = database
        self.blobFolder = blobFolder
        blobs = blobFolder
        blobReading = blobFolder
        tracked = blobFolder
        artifacts = ArtifactFolder(folder, blobFolder, database)
        self.heads = heads
        collector = BlobCollector(database, blobFolder, keepDeletedSeconds: keepDeletedRunsSeconds)
        audit = AuditTrail(
            store: SQLiteUnitOfWork<any AuditTransaction>(database) { $0 }, signer: signer, ledger: heads, clock: clock)
        spaces = SQLiteUnitOfWork<any SpaceTransaction>(database) { $0 }
        promotions = SQLiteUnitOfWork<any PromotionTransaction>(database) { $0 }
        registry = SQLiteUnitOfWork<any RegistryTransaction>(database) { $0 }
        catalog = SQLiteUnitOfWork<any CatalogTransaction>(database) { $0 }
        dataSets = SQLiteUnitOfWork<any DataSetTransaction>(database) { $0 }
        deployments = SQLiteUnitOfWork<any DeploymentTransaction>(database) { $0 }
        access = SQLiteUnitOfWork<any AccessTransaction>(database) { $0 }
        applications = SQLiteUnitOfWork<any ApplicationTransaction>(database) { $0 }
        monitors = SQLiteUnitOfWork<any MonitorTransaction>(database) { $0 }
        gitRuns = SQLiteUnitOfWork<any GitRunTransaction>(database) { $0 }
        retraining = SQLiteUnitOfWork<any RetrainingTransaction>(database) { $0 }
        gitHooks = SQLiteUnitOfWork<any HookTransaction>(database) { $0 }
        alerts = SQLiteUnitOfWork<any AlertTransaction>(database) { $0 }
        deliveries = SQLiteUnitOfWork<any DeliveryTransaction>(database) { $0 }
        tracking = SQLiteUnitOfWork<any TrackingTransaction>(database) { $0 }
        webhooks = SQLiteUnitOfWork<any WebhookTransaction>(database) { $0 }
        do {
            usageFile = try UsageFile(path: folder.usage, now: Timestamp(microseconds: clock.now))
            ledger = usageFile
            let known = try database.pool.read { db in
                let transaction = StoredTransaction(db, database)
                return (blobs: try transaction.blobSizes(), live: try transaction.liveDigests())
            }
            try Sweep.run(folder, known: known.blobs, live: known.live)
        } catch { throw DataFolder.notUsable(folder.path, error) }
    }

    /// The number of mutations made so far.
    package func generation() async throws(ControlError) -> Generation {
        try await database.read { try $0.generation() }
    }

    /// Hashes every blob again and checks the database and the audit chain. Others go on working meanwhile.
    package func verify() async throws(ControlError) -> VerifyResult {
        let verification = Verification(
            folder: folder, database: database, blobs: blobFolder, heads: heads, auditKey: audit.publicKey)
        return try await threads.run { () throws(ControlError) in
            do { return try verification.run() } catch { throw .database(error) }
        }
    }

    /// What promotions ask before a version goes on.
    package var hashing: any VersionHashing { VersionRehash(blobs: blobFolder, threads: threads) }
    /// What the last head that is kept outside the data folder says against this folder's chain; nothing when the two
    /// agree, or when no place outside is named.
    package func checkHeadsOutside() async throws(ControlError) -> [String] {
        let heads = heads
        let key = audit.publicKey
        let last = try await threads.run { () throws(ControlError) in
            do { return try heads.outside?.last() } catch { throw .file(error) }
        }
        guard let last else { return [] }
        if last.key != key || !last.isGenuine { return ["the last head outside is not signed with this folder's key"] }
        let event = try await database.read { try $0.auditEvent(last.sequence) }
        guard let event else {
            return ["event \(last.sequence) is missing from the end: its head was signed at \(last.at)"]
        }
        return event.hash == last.hash
            ? [] : ["event \(last.sequence) is not the one whose head was signed at \(last.at)"]
    }

    /// Removes blobs that nothing refers to and that nobody sent or asked for within the time of grace.
    ///
    /// - Parameter between: for tests, what happens between the step in the database and the step in the folder.
    package func collect(
        by principal: Principal, between: @Sendable () async -> Void = {}
    ) async throws(ControlError) -> CollectionResult {
        try await collector.collect(by: principal, between: between)
    }

    /// Begins a backup of everything as it is now; whoever gets it reads it to its end, or lets go of it.
    package func backup() async throws(ControlError) -> BackupArchive {
        let making = BackupMaking(folder: folder, database: database, blobs: blobFolder)
        return try await threads.run { () throws(ControlError) in
            do { return try making.begin() } catch { throw .database(error) }
        }
    }

    /// What is stored, and what still fits.
    package func usage() async throws(ControlError) -> StoreUsage {
        let stored = try await database.read { transaction in
            let row = try Row.fetchOne(
                transaction.db, sql: "SELECT count(*) AS blobs, coalesce(sum(size), 0) AS bytes FROM blob")
            let blobs: Int = row?["blobs"] ?? 0
            let bytes: Int = row?["bytes"] ?? 0
            return (blobs: blobs, bytes: bytes)
        }
        return StoreUsage(blobs: stored.blobs, blobBytes: stored.bytes, freeBytes: DiskSpace.free(at: path))
    }

    /// Folds the write-ahead log into the database, closes it, once what is under way in it has ended, and gives the
    /// folder back. To be called when no upload is under way; whatever is asked of the store afterwards fails.
    package func close() throws {
        usageFile.sync()
        // Only for tidiness: a log that somebody still reads stays, and the next start takes it up.
        _ = try? database.pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try database.pool.close()
        folder.lock.release()
    }
}
