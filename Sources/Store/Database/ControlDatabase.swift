import Foundation
import GRDB
import Journal

/// The one SQLite database: one writing connection, some reading ones, WAL, and nothing acknowledged that is not synced.
final class ControlDatabase: Sendable {
    let pool: DatabasePool
    let clock: any WallClock
    let descriptions = DescriptionCache()
    /// Held as long as anybody can write.
    private let folder: DataFolder

    init(_ folder: DataFolder, clock: any WallClock) throws(StoreError) {
        self.folder = folder
        self.clock = clock
        try Self.refuseLoss(folder)
        let migrator = Migrations.migrator(clock: clock)
        try Self.look(folder, migrator)
        do {
            pool = try DatabasePool(path: folder.database, configuration: Self.configuration)
            // The pool sets NORMAL when it opens; under it, a power cut could take back what was acknowledged.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            try migrator.migrate(pool)
        } catch { throw Self.openError(folder, error) }
        do {
            try folder.calls.syncFolder(folder.path)
        } catch { throw DataFolder.notUsable(folder.path, error) }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "slipway"
        configuration.maximumReaderCount = 4
        // For people who look at it with the sqlite3 shell meanwhile.
        configuration.busyMode = .timeout(5)
        return configuration
    }

    /// Blobs without their database mean that the database was lost; starting a new one would sweep the blobs away.
    private static func refuseLoss(_ folder: DataFolder) throws(StoreError) {
        var status = stat()
        if stat(folder.database, &status) == 0, status.st_size > 0 { return }
        if stat(folder.database + "-wal", &status) == 0, status.st_size > 0 { return }
        let shards = (try? FileManager.default.contentsOfDirectory(atPath: folder.blobs)) ?? []
        guard shards.isEmpty else {
            throw StoreError(
                .corrupt, folder: folder.path,
                message: "'\(folder.path)' holds blobs, but its database 'slipway.db' is missing or empty",
                hint: restoreHint)
        }
    }

    /// Refuses what is damaged, somebody else's or from a newer server, by a connection that only reads: the pool's first
    /// act is to write.
    private static func look(_ folder: DataFolder, _ migrator: DatabaseMigrator) throws(StoreError) {
        var status = stat()
        guard stat(folder.database, &status) == 0, status.st_size > 0 else { return }
        do {
            do {
                try look(folder, migrator, readonly: true)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
                // A crash left a transaction to be rolled back, which only a writer can.
                try look(folder, migrator, readonly: false)
            }
        } catch let error as StoreError {
            throw error
        } catch { throw openError(folder, error) }
    }

    private static func look(_ folder: DataFolder, _ migrator: DatabaseMigrator, readonly: Bool) throws {
        var configuration = Self.configuration
        configuration.readonly = readonly
        let queue = try DatabaseQueue(path: folder.database, configuration: configuration)
        try queue.read { try look($0, folder, migrator) }
        try queue.close()
    }

    private static func look(_ db: Database, _ folder: DataFolder, _ migrator: DatabaseMigrator) throws {
        // Before anything else is read: what is damaged may say anything.
        let damage = try String.fetchAll(db, sql: "PRAGMA quick_check(1)").first { $0 != "ok" }
        if let damage { throw corrupt(folder, "its check says: \(damage)") }
        let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        if application != Migrations.applicationID, try !isEmpty(db) {
            throw corrupt(folder, "it is not a Slipway database")
        }
        let schema = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        if try schema > Migrations.currentSchema || migrator.hasBeenSuperseded(db) {
            throw StoreError(
                .newerSchema, folder: folder.path,
                message: "'\(folder.path)' was written by a newer Slipway: its schema is \(schema), "
                    + "this server knows up to \(Migrations.currentSchema)",
                hint: "start the newer Slipway, or use another --data-dir")
        }
    }

    /// Whether there is nothing but what opening makes before the first migration: a start may have been killed there.
    private static func isEmpty(_ db: Database) throws -> Bool {
        try Int.fetchOne(
            db,
            sql: "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'grdb!_%' ESCAPE '!'"
                + " AND name NOT LIKE 'sqlite!_%' ESCAPE '!'") == 0
    }

    /// What to do about a folder that cannot be used any more.
    static let restoreHint =
        "nothing in the folder was changed; restore a backup into another one: slipway restore BACKUP --data-dir NEW"

    private static func corrupt(_ folder: DataFolder, _ why: String) -> StoreError {
        StoreError(
            .corrupt, folder: folder.path, message: "the database '\(folder.database)' cannot be used: \(why)",
            hint: restoreHint)
    }

    private static func openError(_ folder: DataFolder, _ error: any Error) -> StoreError {
        guard let known = error as? DatabaseError else { return DataFolder.notUsable(folder.path, error) }
        switch known.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT: return corrupt(folder, known.message ?? "it is damaged")
        case .SQLITE_FULL:
            return StoreError(
                .storageFull, folder: folder.path, message: "no room left in the data folder '\(folder.path)'",
                hint: "free some space there")
        default: return DataFolder.notUsable(folder.path, known)
        }
    }
}
