import Foundation
import GRDB
import Journal
import Registry

/// What a collection removed.
package struct CollectionResult: Sendable, Hashable, Codable {
    /// Blobs that nothing referred to, and their bytes.
    package let blobs: Int
    package let bytes: Int

    package init(blobs: Int, bytes: Int) {
        self.blobs = blobs
        self.bytes = bytes
    }
}

/// Removes deleted runs whose time is over, and blobs that nothing refers to any more, in two steps: their rows in one unit of work, then their files. A file
/// without a row is nothing, whether the second step comes now, later or, after a crash, at the next start.
final class BlobCollector: Sendable {
    private let database: ControlDatabase
    private let blobs: BlobFolder
    /// How long deleted runs and logged models can be brought back.
    private let keepDeletedSeconds: Int

    init(_ database: ControlDatabase, _ blobs: BlobFolder, keepDeletedSeconds: Int) {
        self.database = database
        self.blobs = blobs
        self.keepDeletedSeconds = keepDeletedSeconds
    }

    /// - Parameter between: runs between the two steps; tests put there what may come between them.
    func collect(
        by principal: Principal, between: @Sendable () async -> Void = {}
    ) async throws(ControlError) -> CollectionResult {
        let mutation = Mutation(principal: principal, space: "", idempotency: nil)
        let grace = blobs.graceMicroseconds
        let found = try await database.write { [blobs, keepDeletedSeconds] transaction in
            let purged = try transaction.purgeTracking(before: transaction.nowMilliseconds - keepDeletedSeconds * 1000)
            let found = try transaction.removeUnreferencedBlobs(before: transaction.now - grace)
            let bytes = found.reduce(0) { $0 + $1.size }
            guard !found.isEmpty || purged > 0 else { return found }
            var detail = ["blobs": String(found.count), "bytes": String(bytes)]
            if purged > 0 { detail["deletedRuns"] = String(purged) }
            try transaction.know(principal)
            _ = try transaction.journal(
                AuditDraft(action: "storage.collect", subject: "blobs", detail: detail), of: mutation)
            // Before the commit, so that nobody meanwhile wonders about a file without a row.
            blobs.leave(found.map { $0.sha256 })
            return found
        }
        await between()
        try await removeFiles()
        return CollectionResult(blobs: found.count, bytes: found.reduce(0) { $0 + $1.size })
    }

    /// Removes the files of all blobs whose rows are gone, but for those whose bytes came again.
    func removeFiles() async throws(ControlError) {
        for sha256 in blobs.leaving.sorted() {
            try await blobs.turns.take(sha256) { () async throws(ControlError) in
                if try await self.database.read({ try $0.hasBlob(sha256) }) {
                    self.blobs.stay(sha256)
                    return
                }
                let blobs = self.blobs
                try await blobs.threads.run { () throws(ControlError) in
                    do { _ = try blobs.remove(sha256) } catch { throw .file(error) }
                }
            }
        }
    }
}
