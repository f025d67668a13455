package import Deployments
import Foundation
import GRDB
package import Governance
package import Identity
package import Journal
package import Registry

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

    /// The folder's absolute path.
    package let path: String
    package let spaces: SpaceUnitOfWork
    package let promotions: PromotionUnitOfWork
    package let registry: RegistryUnitOfWork
    package let dataSets: DataSetUnitOfWork
    package let deployments: DeploymentUnitOfWork
    package let access: AccessUnitOfWork
    /// What keys with a limit for a month have used.
    package let ledger: any UsageLedger
    package let blobs: any BlobStore
    /// The same blobs, to be read again.
    package let blobReading: any BlobReading
    package let artifacts: any ArtifactStore

    let folder: DataFolder
    let database: ControlDatabase
    private let blobFolder: BlobFolder
    private let usageFile: UsageFile
    private let threads = BlockingThreads(name: "slipway.verify", width: 1)

    /// Takes the folder, makes what is missing, brings the schema up to date and removes what a crash left. Blocks.
    package static func open(
        folder: String, clock: any WallClock = SystemClock(), maximumBlobBytes: Int = defaultMaximumBlobBytes
    ) throws(StoreError) -> Store {
        try Store(folder: folder, clock: clock, maximumBlobBytes: maximumBlobBytes, calls: FileCalls())
    }

    init(
        folder path: String, clock: any WallClock, maximumBlobBytes: Int, calls: FileCalls
    ) throws(StoreError) {
        let folder = try DataFolder(path, calls: calls)
        let database = try ControlDatabase(folder, clock: clock)
        let blobFolder = BlobFolder(folder, database, maximumSize: maximumBlobBytes)
        self.path = folder.path
        self.folder = folder
        self.database = database
        self.blobFolder = blobFolder
        blobs = blobFolder
        blobReading = blobFolder
        artifacts = ArtifactFolder(folder, blobFolder, database)
        spaces = SQLiteUnitOfWork<any SpaceTransaction>(database) { $0 }
        promotions = SQLiteUnitOfWork<any PromotionTransaction>(database) { $0 }
        registry = SQLiteUnitOfWork<any RegistryTransaction>(database) { $0 }
        dataSets = SQLiteUnitOfWork<any DataSetTransaction>(database) { $0 }
        deployments = SQLiteUnitOfWork<any DeploymentTransaction>(database) { $0 }
        access = SQLiteUnitOfWork<any AccessTransaction>(database) { $0 }
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
        let verification = Verification(folder: folder, database: database, blobs: blobFolder)
        return try await threads.run { () throws(ControlError) in
            do { return try verification.run() } catch { throw .database(error) }
        }
    }

    /// What promotions ask before a version goes on.
    package var hashing: any VersionHashing { VersionRehash(blobs: blobFolder, threads: threads) }

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
