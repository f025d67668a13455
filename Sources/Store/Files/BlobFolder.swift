import Foundation
import GRDB
import Journal
import Registry
import Synchronization

/// Bytes by their SHA-256: `blobs/sha256/ab/abcd...`, each once, with a row that names them once they are durable.
final class BlobFolder: Sendable {
    let folder: DataFolder
    let database: ControlDatabase
    let maximumSize: Int
    /// How long a blob that nothing refers to stays after somebody last sent it or was told that it is here.
    let graceMicroseconds: Int
    let threads = BlockingThreads(name: "slipway.blobs", width: 4)
    /// For each digest, one at a time: an upload that places a file and names it, or a collection that removes it.
    let turns = Turns()
    private let state = Mutex(State())

    private struct State {
        /// Digests whose file stands and whose row is not committed yet, with the number of uploads that are there.
        var arriving: [String: Int] = [:]
        /// Blobs whose bytes were found wrong or missing: asked for again instead of being said to be here.
        var suspects: Set<String> = []
        /// Digests whose row a collection has removed and whose file still stands.
        var leaving: Set<String> = []
        /// Backups that read files: none is removed meanwhile.
        var readers = 0
    }

    init(_ folder: DataFolder, _ database: ControlDatabase, maximumSize: Int, graceSeconds: Int) {
        self.folder = folder
        self.database = database
        self.maximumSize = maximumSize
        self.graceMicroseconds = graceSeconds * 1_000_000
    }

    func path(_ sha256: String) -> String { shard(sha256) + "/" + sha256 }

    private func shard(_ sha256: String) -> String { folder.blobs + "/" + sha256.prefix(2) }

    func suspect(_ sha256: String) { state.withLock { _ = $0.suspects.insert(sha256) } }

    func isArriving(_ sha256: String) -> Bool { state.withLock { $0.arriving[sha256] != nil } }

    /// Moves a complete, synced file to its place and syncs the folders on the way; blocks.
    ///
    /// A file that is there already is replaced by the same bytes: should it have rotted, it is whole again.
    func place(_ temporary: String, as sha256: String) throws {
        let shard = shard(sha256)
        if mkdir(shard, 0o700) != 0, errno != EEXIST { throw SystemError("make the folder '\(shard)'") }
        try folder.calls.syncFolder(folder.blobs)
        guard folder.calls.rename(temporary, path(sha256)) == 0 else {
            throw SystemError("move a blob to '\(path(sha256))'")
        }
        try folder.calls.syncFolder(shard)
        state.withLock { _ = $0.suspects.remove(sha256) }
    }

    /// Runs what places a blob and commits its row, so that a verification meanwhile does not take it for a stray file.
    func arriving<Value: Sendable>(
        _ sha256: String, _ body: () async throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        state.withLock { $0.arriving[sha256, default: 0] += 1 }
        defer {
            state.withLock { state in
                let left = (state.arriving[sha256] ?? 1) - 1
                state.arriving[sha256] = left > 0 ? left : nil
            }
        }
        return try await turns.take(sha256, body)
    }
}

/// What collections and backups agree on.
extension BlobFolder {
    /// The rows of these are gone: their files may go too.
    func leave(_ digests: [String]) { state.withLock { $0.leaving.formUnion(digests) } }

    var leaving: Set<String> { state.withLock { $0.leaving } }

    func isLeaving(_ sha256: String) -> Bool { state.withLock { $0.leaving.contains(sha256) } }

    /// Somebody sent the bytes again: the file stays.
    func stay(_ sha256: String) { state.withLock { _ = $0.leaving.remove(sha256) } }

    /// Removes the file, in the digest's own turn; false while a backup reads.
    func remove(_ sha256: String) throws -> Bool {
        let path = path(sha256)
        return try state.withLock { state in
            // Under the lock, so that a backup that begins now finds the file there or the row gone.
            guard state.readers == 0 else { return false }
            guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove '\(path)'") }
            state.leaving.remove(sha256)
            state.suspects.remove(sha256)
            return true
        }
    }

    func beginReading() { state.withLock { $0.readers += 1 } }

    func endReading() { state.withLock { $0.readers -= 1 } }
}

extension BlobFolder: BlobStore {
    func contains(_ sha256: String, space: String) async throws(ControlError) -> Int? {
        try Manifest.checkDigest(sha256, field: "sha256")
        guard let size = try await heldSize(sha256, space: space), !state.withLock({ $0.suspects.contains(sha256) })
        else { return nil }
        let path = path(sha256)
        let isThere = await threads.run {
            var status = stat()
            return lstat(path, &status) == 0 && Int(status.st_size) == size
        }
        return isThere ? size : nil
    }

    /// The size that the space holds, as the database has it. Whoever is told so relies on it from now on: the row says
    /// when that was, so that no collection takes the blob away meanwhile. See docs/decisions/retention.md.
    private func heldSize(_ sha256: String, space: String) async throws(ControlError) -> Int? {
        let (held, isFresh) = try await database.read { [graceMicroseconds] transaction in
            _ = try transaction.requireSpaceID(space)
            let held = try transaction.heldBlobs([sha256], space: space)[sha256]
            return (held, try transaction.wasSeen(sha256, within: graceMicroseconds / 2))
        }
        guard held != nil, !isFresh else { return held }
        // In line with whatever else writes: a collection before this has taken the row, one after it sees the time.
        return try await database.write { transaction in
            try transaction.execute("UPDATE blob SET seen_at = ? WHERE sha256 = ?", [transaction.now, sha256])
            return try transaction.heldBlobs([sha256], space: space)[sha256]
        }
    }

    func beginUpload(
        space: String, sha256: String, declaredSize: Int?, principal: Principal
    ) async throws(ControlError) -> any BlobUpload {
        try Manifest.checkDigest(sha256, field: "sha256")
        return try await receive(
            BlobOrder(space: space, sha256: sha256, declaredSize: declaredSize, principal: principal))
    }

    /// Begins to receive what an order says.
    func receive(_ order: BlobOrder) async throws(ControlError) -> BlobReceiver {
        _ = try await database.read { try $0.requireSpaceID(order.space) }
        if let declaredSize = order.declaredSize {
            guard declaredSize >= 0 else {
                throw ControlError(.invalid, "the size is \(declaredSize)", field: "size")
            }
            guard declaredSize <= maximumSize else { throw tooLarge }
            let free = DiskSpace.free(at: folder.path) ?? Int.max
            guard declaredSize <= free else {
                throw ControlError(
                    .storageFull, "the upload has \(declaredSize) bytes, the data folder has room for \(free)",
                    hint: "free some space where the data folder is")
            }
        }
        return try await threads.run { () throws(ControlError) in
            do {
                return try BlobReceiver(order, self)
            } catch { throw .file(error) }
        }
    }

    var tooLarge: ControlError {
        ControlError(.tooLarge, "a file may have at most \(maximumSize) bytes", field: "size")
    }

    /// Names a placed blob: from here on the space holds it.
    func record(
        _ order: BlobOrder, _ sha256: String, size: Int,
        _ use: @escaping @Sendable (StoredTransaction, _ sha256: String, _ size: Int) throws -> Void
    ) async throws(ControlError) {
        try await database.write { transaction in
            let space = try transaction.requireSpaceID(order.space)
            try transaction.know(order.principal)
            try transaction.execute(
                """
                INSERT INTO blob (sha256, size, created_at, seen_at) VALUES (:sha256, :size, :now, :now)
                ON CONFLICT (sha256) DO UPDATE SET seen_at = excluded.seen_at
                """, ["sha256": sha256, "size": size, "now": transaction.now])
            try transaction.execute(
                """
                INSERT INTO blob_space (sha256, space_id, created_at, created_by) VALUES (?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """, [sha256, space, transaction.now, order.principal.id])
            try use(transaction, sha256, size)
        }
    }
}
