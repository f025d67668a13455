import Foundation
import GRDB
import Journal
import Registry
import Serving

/// What `verify` found.
package struct VerifyResult: Sendable, Hashable {
    /// One thing that is not as it was stored.
    package struct Problem: Sendable, Hashable {
        /// A blob's SHA-256, or the name of what is wrong: `database`, `audit chain`, `churn:3`.
        package let subject: String
        /// What is wrong and which versions it concerns.
        package let message: String
    }

    /// Blobs that the database knows; each was looked at.
    package var blobs = 0
    /// Bytes that were hashed.
    package var bytes = 0
    /// Events whose hashes were followed.
    package var auditEvents = 0
    package var problems: [Problem] = []

    package var isIntact: Bool { problems.isEmpty }
}

/// Hashes and counts everything again; blocks for as long as that takes.
struct Verification {
    let folder: DataFolder
    let database: ControlDatabase
    let blobs: BlobFolder
    let heads: AuditHeadRecords
    /// The public key that heads are signed with.
    let auditKey: String

    func run() throws -> VerifyResult {
        var result = VerifyResult()
        // Files before rows: whatever gets both meanwhile is found in the rows.
        let files = Sweep.blobFiles(folder)
        let signed = try heads.readAll()
        let sizes = try database.pool.read { db in
            let transaction = StoredTransaction(db, database)
            try checkDatabase(transaction, &result)
            try checkAudit(transaction, signed, &result)
            try checkVersions(transaction, &result)
            return try transaction.blobSizes()
        }
        for (sha256, size) in sizes.sorted(by: { $0.key < $1.key }) { try checkBlob(sha256, size, &result) }
        for file in files where sizes[Sweep.name(file)] == nil { try checkStray(file, &result) }
        return result
    }

    private func checkDatabase(_ transaction: StoredTransaction, _ result: inout VerifyResult) throws {
        for line in try String.fetchAll(transaction.db, sql: "PRAGMA integrity_check(20)") where line != "ok" {
            result.add("database", line)
        }
        for row in try Row.fetchAll(transaction.db, sql: "PRAGMA foreign_key_check").prefix(20) {
            let table: String = row["table"] ?? "?"
            let parent: String = row["parent"] ?? "?"
            result.add("database", "a row of '\(table)' refers to a row of '\(parent)' that is not there")
        }
    }

    private func checkAudit(
        _ transaction: StoredTransaction, _ heads: (heads: [AuditHead], problems: [String]),
        _ result: inout VerifyResult
    ) throws {
        var proof = AuditProof(heads: heads.heads, key: auditKey)
        for problem in heads.problems { proof.note(problem) }
        try transaction.eachAuditEvent { proof.accept($0) }
        proof.end(at: try transaction.generation())
        result.auditEvents = proof.chain.count
        for problem in proof.problems { result.add("audit chain", problem) }
    }

    /// Every version's digest must be that of its files as the database has them.
    private func checkVersions(_ transaction: StoredTransaction, _ result: inout VerifyResult) throws {
        let rows = try Row.fetchCursor(
            transaction.db,
            sql: """
                SELECT v.id, v.digest, v.format, m.name || ':' || v.number AS label
                FROM version v JOIN model m ON m.id = v.model_id WHERE v.deleted_at IS NULL
                """)
        while let row = try rows.next() {
            let artifact = try transaction.artifact(row)
            if (try? Manifest(artifact.files))?.digest != artifact.digest {
                result.add(row["label"], "its list of files does not have the version's digest \(artifact.digest)")
            }
        }
    }

    private func checkBlob(_ sha256: String, _ size: Int, _ result: inout VerifyResult) throws {
        result.blobs += 1
        var problem: String?
        do {
            let found = try Hashing.hash(blobs.path(sha256))
            result.bytes += found.size
            if found.sha256 != sha256 || found.size != size {
                problem = "its \(found.size) bytes have SHA-256 \(found.sha256); \(size) bytes were stored"
            }
        } catch let error as SystemError {
            problem = error.number == ENOENT ? "the file is missing" : "it cannot be read: \(error)"
        }
        guard let problem else { return }
        blobs.suspect(sha256)
        let versions = try database.pool.read { try StoredTransaction($0, database).labels(blob: sha256) }
        let concerned = versions.isEmpty ? "no version uses it" : "concerns \(versions.joined(separator: ", "))"
        result.add(sha256, "\(problem); \(concerned); push the same files again to repair it")
    }

    private func checkStray(_ file: String, _ result: inout VerifyResult) throws {
        let sha256 = Sweep.name(file)
        // In this order: an upload leaves `arriving` only after its row is there.
        if blobs.isArriving(sha256) || blobs.isLeaving(sha256) { return }
        if try database.pool.read({ try StoredTransaction($0, database).hasBlob(sha256) }) { return }
        result.add(sha256, "a file that nothing refers to; the next start removes it")
    }
}

extension VerifyResult {
    mutating func add(_ subject: String, _ message: String) {
        problems.append(Problem(subject: subject, message: message))
    }
}
