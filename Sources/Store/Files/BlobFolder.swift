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
    let threads = BlockingThreads(name: "slipway.blobs", width: 4)
    private let state = Mutex(State())

    private struct State {
        /// Digests whose file stands and whose row is not committed yet, with the number of uploads that are there.
        var arriving: [String: Int] = [:]
        /// Blobs whose bytes were found wrong or missing: asked for again instead of being said to be here.
        var suspects: Set<String> = []
    }

    init(_ folder: DataFolder, _ database: ControlDatabase, maximumSize: Int) {
        self.folder = folder
        self.database = database
        self.maximumSize = maximumSize
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
        return try await body()
    }
}

extension BlobFolder: BlobStore {
    func contains(_ sha256: String, space: String) async throws(ControlError) -> Int? {
        try Manifest.checkDigest(sha256, field: "sha256")
        let row = try await database.read { transaction in
            _ = try transaction.requireSpaceID(space)
            return try transaction.heldBlobs([sha256], space: space)[sha256]
        }
        guard let size = row, !state.withLock({ $0.suspects.contains(sha256) }) else { return nil }
        let path = path(sha256)
        let isThere = await threads.run {
            var status = stat()
            return lstat(path, &status) == 0 && Int(status.st_size) == size
        }
        return isThere ? size : nil
    }

    func beginUpload(
        space: String, sha256: String, declaredSize: Int?, principal: Principal
    ) async throws(ControlError) -> any BlobUpload {
        try Manifest.checkDigest(sha256, field: "sha256")
        _ = try await database.read { try $0.requireSpaceID(space) }
        if let declaredSize {
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
        let order = BlobOrder(space: space, sha256: sha256, declaredSize: declaredSize, principal: principal)
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
    func record(_ order: BlobOrder, size: Int) async throws(ControlError) {
        try await database.write { transaction in
            let space = try transaction.requireSpaceID(order.space)
            try transaction.know(order.principal)
            try transaction.execute(
                "INSERT INTO blob (sha256, size, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [order.sha256, size, transaction.now])
            try transaction.execute(
                """
                INSERT INTO blob_space (sha256, space_id, created_at, created_by) VALUES (?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """, [order.sha256, space, transaction.now, order.principal.id])
        }
    }
}
