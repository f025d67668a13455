import Foundation
import GRDB
import Journal

/// Begins a backup: a copy of the database at one moment, and the list of everything that it names. Blocks.
struct BackupMaking {
    let folder: DataFolder
    let database: ControlDatabase
    let blobs: BlobFolder

    func begin() throws -> BackupArchive {
        // First of all, so that no file that the copy names goes away.
        let hold = BlobHold(blobs)
        let copies = BackupCopies(folder.temporaryPath("backup"))
        guard mkdir(copies.path, 0o700) == 0 else { throw SystemError("make the folder '\(copies.path)'") }
        // Heads before the database: it must have every event that a head in the backup was signed for.
        var sources = [
            try copy(folder.auditHeads, as: DataFolder.auditHeadsName, to: copies, mayBeMissing: true),
            try copy(folder.auditKey, as: DataFolder.auditKeyName, to: copies),
            try copy(folder.usage, as: DataFolder.usageName, to: copies, mayBeMissing: true),
        ].compactMap { $0 }
        let (snapshot, state) = try copyDatabase(to: copies)
        sources.append(snapshot)
        sources += try state.blobs.sorted { $0.key < $1.key }.map { try source(ofBlob: $0.key, size: $0.value) }
        let manifest = BackupManifest(
            format: BackupManifest.form, createdAt: Timestamp(microseconds: database.clock.now).description,
            schema: state.schema, generation: state.generation, files: sources.map(\.file))
        return try BackupArchive(manifest: manifest, sources: sources, copies: copies, hold: hold)
    }

    /// A copy by SQLite itself, from one read transaction: nobody who writes waits for it.
    private func copyDatabase(
        to copies: BackupCopies
    ) throws -> (BackupArchive.Source, (schema: Int, generation: Int, blobs: [String: Int])) {
        let path = copies.path + "/" + DataFolder.databaseName
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let live = try DatabaseQueue(path: folder.database, configuration: configuration)
        try live.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
        try live.close()
        let copy = try DatabaseQueue(path: path, configuration: configuration)
        let state = try copy.read { db in
            let transaction = StoredTransaction(db, database)
            return (
                schema: try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                generation: try transaction.generation().number, blobs: try transaction.blobSizes()
            )
        }
        try copy.close()
        return (try source(of: path, as: DataFolder.databaseName), state)
    }

    private func copy(
        _ path: String, as name: String, to copies: BackupCopies, mayBeMissing: Bool = false
    ) throws -> BackupArchive.Source? {
        if mayBeMissing, access(path, F_OK) != 0, errno == ENOENT { return nil }
        let target = copies.path + "/" + name
        try FileCopy.bring(path, to: target, mayLink: false, calls: folder.calls)
        return try source(of: target, as: name)
    }

    private func source(of path: String, as name: String) throws -> BackupArchive.Source {
        let (sha256, size) = try Hashing.hash(path)
        return BackupArchive.Source(path: path, file: BackupManifest.File(path: name, size: size, sha256: sha256))
    }

    private func source(ofBlob sha256: String, size: Int) throws -> BackupArchive.Source {
        let path = blobs.path(sha256)
        var status = stat()
        guard lstat(path, &status) == 0, Int(status.st_size) == size else {
            throw ControlError(
                .digestMismatch, "digest mismatch: the stored file \(sha256) is missing or has another size",
                hint: "push the same files again to repair it; `slipway doctor --verify` says which versions need it")
        }
        return BackupArchive.Source(
            path: path, file: BackupManifest.File(path: BackupManifest.blobPath(sha256), size: size, sha256: sha256))
    }
}

/// The folder with a backup's own copies; it goes with the backup.
final class BackupCopies: Sendable {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// As long as it is there, no file of a blob is removed.
final class BlobHold: Sendable {
    private let blobs: BlobFolder

    init(_ blobs: BlobFolder) {
        self.blobs = blobs
        blobs.beginReading()
    }

    deinit { blobs.endReading() }
}
