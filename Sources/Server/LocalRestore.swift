import Journal
import Store

/// What `slipway restore` does on this machine, without a server.
package enum LocalRestore {
    /// What was restored, and where.
    package struct Report: Sendable, Hashable, Codable {
        package let dataFolder: String
        package let files: Int
        package let bytes: Int
        package let auditEvents: Int
        package let generation: Int
        /// When the backup was begun: RFC 3339, UTC.
        package let backupFrom: String
    }

    /// Makes a data folder out of a backup, where there is nothing yet. Blocks until everything in it was checked.
    package static func run(_ backup: String, to folder: String) throws(LocalInspection.Problem) -> Report {
        do {
            let result = try Restoration.run(backup, to: folder)
            return Report(
                dataFolder: result.folder, files: result.blobs, bytes: result.bytes, auditEvents: result.auditEvents,
                generation: result.generation, backupFrom: result.createdAt)
        } catch {
            throw LocalInspection.Problem(
                message: error.message, advice: error.hint ?? "nothing was restored; see the message above")
        }
    }
}
