import Foundation
import Synchronization

/// The layout of a data folder:
///
///     lock                        who has it
///     slipway.db (-wal, -shm)     the database
///     usage                       what keys with a limit for a month have used
///     audit.key                   what heads of the audit chain are signed with
///     audit-heads.jsonl           signed heads
///     webhook.key                 what each space's key for webhooks is made of; the room Server keeps it
///     blobs/sha256/ab/abcd...     bytes by their SHA-256, each once
///     artifacts/DIGEST/           versions laid out for runtimes; a cache
///     ledger/                     predictions that are written down; the room Monitoring keeps it
///     drift/                      references, windows and findings; the room Drift keeps it
///     quality/, series/           truths joined to predictions, metrics over time; the rooms Quality and Monitoring keep them
///     runs/, git-runs/            folders and logs of retraining runs and of runs from Git
///     tmp/                        what is under way; emptied at start
///     trash/                      what is being removed
final class DataFolder: Sendable {
    let path: String
    let calls: FileCalls
    let lock: FolderLock
    private let counter = Atomic<Int>(0)

    var database: String { path + "/" + Self.databaseName }
    var usage: String { path + "/" + Self.usageName }
    var blobs: String { path + "/blobs/sha256" }
    var artifacts: String { path + "/artifacts" }
    var temporary: String { path + "/tmp" }
    var trash: String { path + "/trash" }
    var auditKey: String { path + "/" + Self.auditKeyName }
    var auditHeads: String { path + "/" + Self.auditHeadsName }

    static let databaseName = "slipway.db"
    static let usageName = "usage"
    static let auditKeyName = "audit.key"
    static let auditHeadsName = "audit-heads.jsonl"

    /// Makes what is missing and takes the lock.
    init(_ folder: String, calls: FileCalls) throws(StoreError) {
        let path = Self.absolute(folder)
        self.path = path
        self.calls = calls
        do {
            try Self.makeFolder(path)
        } catch { throw Self.notUsable(path, error) }
        lock = try FolderLock(folder: path)
        do {
            for folder in [
                path + "/blobs", path + "/blobs/sha256", path + "/artifacts", path + "/tmp", path + "/trash",
            ] {
                try Self.makeFolder(folder)
            }
            try calls.syncFolder(path + "/blobs")
            try calls.syncFolder(path)
        } catch { throw Self.notUsable(path, error) }
    }

    /// A name in `tmp` that nothing has: the folder is ours alone, and it was emptied at start.
    func temporaryPath(_ kind: String) -> String {
        "\(temporary)/\(kind)-\(counter.add(1, ordering: .relaxed).newValue)"
    }

    static func notUsable(_ folder: String, _ error: any Error) -> StoreError {
        let isFull = (error as? SystemError)?.isStorageFull ?? false
        return StoreError(
            isFull ? .storageFull : .notUsable, folder: folder,
            message: "the data folder '\(folder)' cannot be used: \(error)",
            hint: isFull
                ? "free some space there" : "give this user a folder it may write, with --data-dir")
    }

    /// Parents too, as `mkdir -p`; only this user may look inside what is made.
    private static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 { return }
        if errno == ENOENT {
            let parent = (path as NSString).deletingLastPathComponent
            if !parent.isEmpty, parent != path {
                try makeFolder(parent)
                if mkdir(path, 0o700) == 0 { return }
            }
        }
        guard errno == EEXIST else { throw SystemError("make the folder '\(path)'") }
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError("look at '\(path)'") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError(number: ENOTDIR, "use '\(path)'")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else { throw SystemError("write in '\(path)'") }
    }

    static func absolute(_ path: String) -> String {
        let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return (full as NSString).standardizingPath
    }
}
