import Foundation
import GRDB
import Journal

/// Where heads are kept: in the data folder, and wherever the operator wants them besides, out of reach of whoever can write
/// the data folder.
final class AuditHeadRecords: AuditHeadLedger {
    let inside: AuditHeadFile
    let outside: AuditHeadFile?
    private let threads = BlockingThreads(name: "slipway.audit", width: 1)

    /// - Parameter elsewhere: a file, or a folder in which the file is called `audit-heads.jsonl`.
    init(_ folder: DataFolder, elsewhere: String?) {
        inside = AuditHeadFile(folder.auditHeads, calls: folder.calls)
        outside = elsewhere.map { path in
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            return AuditHeadFile(
                isThere && isFolder.boolValue ? path + "/" + DataFolder.auditHeadsName : path, calls: folder.calls)
        }
    }

    func read() async throws(ControlError) -> (heads: [AuditHead], problems: [String]) {
        try await threads.run { [self] () throws(ControlError) in
            do { return try readAll() } catch { throw .file(error) }
        }
    }

    /// The same head in both places counts once.
    func readAll() throws -> (heads: [AuditHead], problems: [String]) {
        var (heads, problems) = try inside.read()
        guard let outside else { return (heads, problems) }
        do {
            let (others, otherProblems) = try outside.read()
            let known = Set(heads)
            heads += others.filter { !known.contains($0) }
            problems += otherProblems
        } catch { problems.append("\(error)") }
        return (heads, problems)
    }

    func append(_ head: AuditHead) async throws(ControlError) -> String? {
        try await threads.run { [self] () throws(ControlError) in
            do { try inside.append(head) } catch { throw .file(error) }
            do {
                try outside?.append(head)
                return nil
            } catch { return "\(error)" }
        }
    }

    /// At the start: whether the chain goes at least as far as the last head that was signed in this folder. Its own record
    /// and the database belong together, so that a chain that ends before it was cut, or the database is an older one.
    func check(_ folder: DataFolder, _ database: ControlDatabase, key: String) throws(StoreError) {
        do {
            guard let head = try inside.last() else { return }
            let event = try database.pool.read { try StoredTransaction($0, database).auditEvent(head.sequence) }
            var problem: String?
            if head.key != key || !head.isGenuine {
                problem = "the last line of '\(inside.path)' is not signed with this folder's key"
            } else if let event {
                if event.hash != head.hash {
                    problem = "audit event \(head.sequence) is not the one whose head was signed at \(head.at)"
                }
            } else {
                problem = "audit event \(head.sequence), whose head was signed at \(head.at), is missing from the end"
            }
            guard let problem else { return }
            throw StoreError(
                .corrupt, folder: folder.path,
                message: "the audit of '\(folder.path)' was tampered with, or its database is an older one: \(problem)",
                hint: ControlDatabase.restoreHint)
        } catch let error as StoreError {
            throw error
        } catch let error as ControlError {
            throw StoreError(.corrupt, folder: folder.path, message: error.message, hint: ControlDatabase.restoreHint)
        } catch { throw DataFolder.notUsable(folder.path, error) }
    }
}
