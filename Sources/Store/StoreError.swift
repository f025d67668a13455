/// Why a data folder cannot be opened, in words for the person who started the server.
package struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with the folder, for callers that act on it.
    package enum Reason: Sendable, Hashable {
        /// Another server has it; its process id where the lock file says so.
        case inUse(pid: Int?)
        /// It cannot be made, read or written.
        case notUsable
        /// It was written by a newer Slipway.
        case newerSchema
        /// The database is damaged, missing beside its blobs, or not one of ours.
        case corrupt
        case storageFull
    }

    package let reason: Reason
    /// The data folder's path.
    package let folder: String
    /// A sentence: what is wrong and where.
    package let message: String
    /// What to do next.
    package let hint: String

    package init(_ reason: Reason, folder: String, message: String, hint: String) {
        self.reason = reason
        self.folder = folder
        self.message = message
        self.hint = hint
    }

    /// The message, then the hint in parentheses.
    package var description: String { "\(message) (\(hint))" }
}
