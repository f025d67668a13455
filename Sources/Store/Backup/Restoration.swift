import Foundation
import GRDB
package import Journal

/// What was restored.
package struct RestoreResult: Sendable, Hashable {
    /// The data folder's absolute path.
    package let folder: String
    package let blobs: Int
    package let bytes: Int
    package let auditEvents: Int
    package let generation: Int
    /// When the backup was begun: RFC 3339, UTC.
    package let createdAt: String
}

/// Makes a data folder out of a backup. Everything is unpacked and checked beside the place where it belongs, and put there
/// at once: whatever goes wrong before leaves nothing there.
package enum Restoration {
    /// - Parameters:
    ///   - folder: a path where there is nothing yet, or an empty folder.
    ///
    /// Errors: `conflict` (there is something already), `digestMismatch` (the archive is damaged, cut off or not one of
    /// ours, or what it holds does not fit together), `storageFull`, `invalid` (of a newer Slipway).
    package static func run(_ archive: String, to folder: String) throws(ControlError) -> RestoreResult {
        do {
            return try restore(archive, to: folder, calls: FileCalls())
        } catch let error as StoreError {
            throw ControlError(
                error.reason == .storageFull ? .storageFull : .digestMismatch, error.message, hint: error.hint)
        } catch { throw .database(error) }
    }

    static func restore(_ archive: String, to folder: String, calls: FileCalls) throws -> RestoreResult {
        let target = DataFolder.absolute(folder)
        try requireEmpty(target)
        var reader = try ArchiveReader(archive)
        let manifest = try reader.manifest()
        guard manifest.schema <= Migrations.currentSchema else {
            throw ControlError(
                .invalid,
                "the backup was made by a newer Slipway: its schema is \(manifest.schema), this one knows up to "
                    + "\(Migrations.currentSchema)",
                hint: "restore it with the newer one")
        }
        let place = try Place(target, calls: calls)
        do {
            try place.requireRoom(manifest.files.reduce(0) { $0 + $1.size })
            for file in manifest.files { try place.unpack(file, from: &reader) }
            try reader.end()
            let result = try check(place.folder, manifest, target)
            try place.move(to: target)
            return result
        } catch {
            place.remove()
            throw error
        }
    }

    private static func requireEmpty(_ target: String) throws {
        var status = stat()
        if lstat(target, &status) != 0, errno == ENOENT { return }
        let names = try? FileManager.default.contentsOfDirectory(atPath: target)
        guard let names, names.isEmpty else {
            throw ControlError(
                .conflict, "'\(target)' is there already, and is not an empty folder",
                hint: "name a folder that is not there yet: a restore never writes over anything")
        }
    }

    /// Hashes everything once more, as it now stands on the disk, and follows database and audit chain.
    private static func check(
        _ folder: DataFolder, _ manifest: BackupManifest, _ target: String
    ) throws -> RestoreResult {
        let clock = SystemClock()
        let database = try ControlDatabase(folder, clock: clock)
        let blobs = BlobFolder(folder, database, maximumSize: 0, graceSeconds: 0)
        let signer = try AuditKeyFile.open(folder)
        let heads = AuditHeadRecords(folder, elsewhere: nil)
        try heads.check(folder, database, key: signer.publicKey)
        let verification = Verification(
            folder: folder, database: database, blobs: blobs, heads: heads, auditKey: signer.publicKey)
        let found = try verification.run()
        let generation = try database.pool.read { try StoredTransaction($0, database).generation().number }
        _ = try? database.pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try database.pool.close()
        if let problem = found.problems.first {
            throw ControlError(
                .digestMismatch, "what the backup holds is damaged: \(problem.subject): \(problem.message)",
                hint: "nothing was restored; restore an older backup")
        }
        return RestoreResult(
            folder: target, blobs: found.blobs, bytes: found.bytes, auditEvents: found.auditEvents,
            generation: generation, createdAt: manifest.createdAt)
    }
}

/// The folder beside the target in which a restore is put together, under the lock that it keeps as a data folder.
private struct Place {
    let folder: DataFolder

    /// What a restore left here that was killed is removed first.
    init(_ target: String, calls: FileCalls) throws {
        let path = target + ".restoring"
        folder = try DataFolder(path, calls: calls)
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "lock" {
            try FileManager.default.removeItem(atPath: path + "/" + name)
        }
        for name in ["/blobs", "/blobs/sha256", "/artifacts", "/tmp", "/trash"] {
            guard mkdir(path + name, 0o700) == 0 else { throw SystemError("make the folder '\(path + name)'") }
        }
    }

    func requireRoom(_ bytes: Int) throws {
        let free = DiskSpace.free(at: folder.path) ?? Int.max
        guard bytes <= free else {
            throw ControlError(
                .storageFull, "the backup unpacks to \(bytes) bytes, there is room for \(free)",
                hint: "free some space, or restore somewhere else")
        }
    }

    /// The path has been checked: it is one of four names, or that of a blob.
    func unpack(_ file: BackupManifest.File, from reader: inout ArchiveReader) throws {
        let path = folder.path + "/" + file.path
        let parent = (path as NSString).deletingLastPathComponent
        if mkdir(parent, 0o700) != 0, errno != EEXIST { throw SystemError("make the folder '\(parent)'") }
        let isBlob = parent != folder.path
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, isBlob ? 0o400 : 0o600)
        guard output >= 0 else { throw SystemError("make '\(path)'") }
        defer { close(output) }
        try reader.file(file) { try folder.calls.writeAll($0, to: output, path: path) }
        try folder.calls.sync(output, path: path)
    }

    func move(to target: String) throws {
        for shard in try FileManager.default.contentsOfDirectory(atPath: folder.blobs) {
            try folder.calls.syncFolder(folder.blobs + "/" + shard)
        }
        for path in [folder.blobs, folder.path + "/blobs", folder.path] { try folder.calls.syncFolder(path) }
        // Puts it in the place of an empty folder, or of nothing; anything else is refused by the system itself.
        guard folder.calls.rename(folder.path, target) == 0 else { throw SystemError("make '\(target)'") }
        try folder.calls.syncFolder((target as NSString).deletingLastPathComponent)
        folder.lock.release()
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder.path)
        folder.lock.release()
    }
}
