import Foundation
import GRDB
import Journal
import Registry
import Serving
import Testing

@testable import Store

struct VerificationTests {
    /// Runs statements with the triggers that protect history taken away: what somebody with a shell could do.
    private func tamper(_ store: Store, _ sql: String) async throws {
        try await store.database.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            for trigger in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(trigger)")
            }
            try db.execute(sql: sql)
            try db.execute(sql: "PRAGMA foreign_keys = ON")
        }
    }

    @Test func `an intact store is counted and clean`() async throws {
        let store = try Workshop().open()
        try await store.push("a", "one")
        try await store.push("a", "two!")
        try await store.push("b", "one")
        let result = try await store.verify()
        #expect(
            result
                == {
                    var r = VerifyResult(); r.blobs = 2; r.bytes = 7; r.auditEvents = 3; return r
                }())
    }

    @Test func `a rotten and a missing blob are listed with the versions they concern`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let rotten = try await store.push("a", "one").version.artifact.files[0].sha256
        try await store.push("b", "one")
        let missing = try await store.push("c", "three").version.artifact.files[0].sha256
        try Workshop.rot(workshop.blobPath(rotten))
        try FileManager.default.removeItem(atPath: workshop.blobPath(missing))
        let problems = Dictionary(
            try await store.verify().problems.map { ($0.subject, $0.message) }, uniquingKeysWith: { $0 + $1 })
        #expect(problems.count == 2)
        #expect(problems[rotten]?.contains("a:1, b:1") == true)
        #expect(problems[missing]?.contains("missing") == true)
        #expect(problems[missing]?.contains("c:1") == true)
        #expect(try await store.blobs.contains(rotten, space: "default") == nil)
    }

    @Test func `a file that nothing refers to is listed`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        try await store.push("a", "one")
        let stray = String(repeating: "b", count: 64)
        try FileManager.default.createDirectory(
            atPath: workshop.data + "/blobs/sha256/bb", withIntermediateDirectories: true)
        try Data("?".utf8).write(to: URL(fileURLWithPath: workshop.blobPath(stray)))
        #expect(try await store.verify().problems.map(\.subject) == [stray])
    }

    @Test(arguments: [
        "UPDATE audit_event SET at = at + 1 WHERE sequence = 2",
        "UPDATE audit_event SET principal = 'nobody' WHERE sequence = 1",
        "UPDATE audit_event SET subject = replace(subject, 'a', 'b') WHERE sequence = 3",
        "UPDATE audit_event SET detail = replace(detail, '1', '2') WHERE sequence = 2",
        "UPDATE audit_event SET hash = replace(hash, substr(hash, 1, 1), 'f') || '' WHERE sequence = 2 "
            + "AND substr(hash, 1, 1) <> 'f' OR sequence = 3",
        "DELETE FROM audit_event WHERE sequence = 1", "DELETE FROM audit_event WHERE sequence = 3",
        "DELETE FROM audit_event", "UPDATE generation SET value = 7",
    ])
    func `any tampering with the audit chain is noticed`(sql: String) async throws {
        let store = try Workshop().open()
        for text in ["one", "two", "three"] { try await store.push("a", text) }
        #expect(try await store.verify().isIntact)
        try await tamper(store, sql)
        #expect(try await store.verify().problems.map(\.subject) == ["audit chain"])
    }

    @Test func `a version whose files were exchanged is noticed`() async throws {
        let store = try Workshop().open()
        try await store.push("a", "one")
        let other = try await store.upload(Array("two".utf8))
        try await tamper(store, "UPDATE version_file SET sha256 = '\(other.sha256)'")
        #expect(try await store.verify().problems.map(\.subject) == ["a:1"])
    }

    @Test func `a row that refers to nothing is noticed`() async throws {
        let store = try Workshop().open()
        try await store.push("a", "one")
        try await tamper(store, "DELETE FROM blob_space; DELETE FROM blob")
        let problems = try await store.verify().problems
        #expect(problems.contains { $0.subject == "database" && $0.message.contains("version_file") })
    }

    @Test func `uploads that arrive meanwhile are no strays`() async throws {
        let store = try Workshop().open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<100 { try await store.upload(Array("blob \(number)".utf8)) }
            }
            group.addTask {
                for _ in 0..<20 {
                    let problems = try await store.verify().problems
                    #expect(problems.isEmpty)
                }
            }
            try await group.waitForAll()
        }
    }
}
