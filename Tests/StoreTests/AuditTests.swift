import Foundation
import GRDB
import Journal
import Registry
import Testing

@testable import Store

struct AuditTests {
    /// Some events of several kinds, subjects and callers.
    private func filled(_ workshop: Workshop, clock: ManualClock = ManualClock()) async throws -> Store {
        let store = try workshop.open(clock: clock)
        try await store.push("churn", "one")
        clock.advance(1_000_000)
        try await store.push("churn", "two")
        clock.advance(1_000_000)
        try await store.push("churning", "three")
        clock.advance(1_000_000)
        _ = try await store.service.delete(
            "churn", number: 1, space: "default", principal: Principal(id: "ada"))
        return store
    }

    private func subjects(_ store: Store, _ query: AuditQuery) async throws -> [String] {
        try await store.audit.events(query).items.map { "\($0.action) \($0.subject)" }
    }

    @Test func `events are listed newest first, and narrowed`() async throws {
        let store = try await filled(try Workshop())
        #expect(
            try await subjects(store, AuditQuery()) == [
                "version.delete churn:1", "version.push churning:1", "version.push churn:2", "version.push churn:1",
            ])
        #expect(try await subjects(store, AuditQuery(order: .oldestFirst)).first == "version.push churn:1")
        #expect(
            try await subjects(store, AuditQuery(subject: "churn")) == [
                "version.delete churn:1", "version.push churn:2", "version.push churn:1",
            ])
        #expect(try await subjects(store, AuditQuery(subject: "churn:2")) == ["version.push churn:2"])
        #expect(try await subjects(store, AuditQuery(action: "version")).count == 4)
        #expect(try await subjects(store, AuditQuery(action: "vers")).isEmpty)
        #expect(try await subjects(store, AuditQuery(action: "version.delete")) == ["version.delete churn:1"])
        #expect(try await subjects(store, AuditQuery(principal: "ada")) == ["version.delete churn:1"])
        #expect(try await subjects(store, AuditQuery(space: "elsewhere")).isEmpty)
        let begin = 1_700_000_000_000_000
        #expect(
            try await subjects(
                store,
                AuditQuery(
                    since: Timestamp(microseconds: begin + 1_000_000), until: Timestamp(microseconds: begin + 2_000_000)
                ))
                == ["version.push churn:2"])
    }

    @Test(arguments: ["%", "_", "' OR 1=1 --", "churn:_", "\u{0}"])
    func `a filter is text and nothing else`(text: String) async throws {
        let store = try await filled(try Workshop())
        #expect(try await store.audit.events(AuditQuery(action: text)).items.isEmpty)
        #expect(try await store.audit.events(AuditQuery(subject: text)).items.isEmpty)
        #expect(try await store.audit.events(AuditQuery(space: text, principal: text)).items.isEmpty)
    }

    @Test func `pages follow each other without a gap`() async throws {
        let store = try await filled(try Workshop())
        var seen: [Int] = []
        var after: String?
        repeat {
            let page = try await store.audit.events(AuditQuery(), after: after, limit: 1)
            seen += page.items.map(\.sequence)
            after = page.next
        } while after != nil
        #expect(seen == [4, 3, 2, 1])
        let error = await controlError { _ = try await store.audit.events(AuditQuery(), after: "x") }
        #expect(error?.field == "after")
    }

    @Test func `the key is made once, for its owner alone, and never changes`() async throws {
        let workshop = try Workshop()
        var store: Store? = try workshop.open()
        let key = store?.audit.publicKey
        let attributes = try FileManager.default.attributesOfItem(atPath: workshop.data + "/audit.key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try store?.close()
        store = nil
        #expect(try await workshop.reopen().audit.publicKey == key)
    }

    @Test func `a key that is none, and one that is missing beside its heads, are refused`() async throws {
        for damage in ["", "no key\n", String(repeating: "f", count: 200)] {
            let workshop = try Workshop()
            let store = try await filled(workshop)
            _ = try await store.audit.keepHead(after: nil)
            try store.close()
            let path = workshop.data + "/audit.key"
            try FileManager.default.removeItem(atPath: path)
            if !damage.isEmpty { try Data(damage.utf8).write(to: URL(fileURLWithPath: path)) }
            let error = #expect(throws: StoreError.self) { _ = try workshop.open() }
            #expect(error?.reason == .corrupt)
            #expect(error?.message.contains("audit.key") == true)
            #expect(error?.hint.contains("backup") == true)
        }
    }

    @Test func `heads are kept when there is something new, and hold`() async throws {
        let workshop = try Workshop()
        let outside = workshop.folder + "/elsewhere"
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: false)
        let store = try workshop.open(auditHeadsPath: outside)
        #expect(try await store.audit.keepHead(after: nil) == nil)
        try await store.push("a", "one")
        let first = try #require(try await store.audit.keepHead(after: nil))
        #expect(first.problem == nil)
        #expect(try await store.audit.keepHead(after: first.head.sequence) == nil)
        try await store.push("a", "two")
        _ = try await store.audit.keepHead(after: first.head.sequence)
        let verdict = try await store.audit.verify()
        #expect(verdict.events == 2)
        // The same two in both places.
        #expect(verdict.heads == 2)
        #expect(verdict.lastHead?.sequence == 2)
        #expect(verdict.problems.isEmpty)
        let lines = try String(contentsOfFile: outside + "/audit-heads.jsonl", encoding: .utf8)
        #expect(lines == (try String(contentsOfFile: workshop.data + "/audit-heads.jsonl", encoding: .utf8)))
        #expect(try await store.checkHeadsOutside().isEmpty)
    }

    @Test func `a place outside that cannot be written is said, and nothing else suffers`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open(auditHeadsPath: workshop.folder + "/nowhere/heads.jsonl")
        try await store.push("a", "one")
        let kept = try #require(try await store.audit.keepHead(after: nil))
        #expect(kept.problem?.contains("nowhere") == true)
        #expect(try await store.audit.verify().heads == 1)
    }

    @Test func `half a line of a crash is written over, a changed line is a problem`() async throws {
        let workshop = try Workshop()
        let store = try await filled(workshop)
        _ = try await store.audit.keepHead(after: nil)
        let path = workshop.data + "/audit-heads.jsonl"
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try (whole + whole.prefix(40)).write(to: URL(fileURLWithPath: path))
        #expect(try await store.audit.verify().problems.isEmpty)
        try await store.push("b", "four")
        _ = try await store.audit.keepHead(after: nil)
        #expect(try await store.audit.verify().heads == 2)
        #expect(try await store.audit.verify().problems.isEmpty)
        var changed = try Data(contentsOf: URL(fileURLWithPath: path))
        changed[0] = UInt8(ascii: "[")
        try changed.write(to: URL(fileURLWithPath: path))
        #expect(try await store.audit.verify().problems.first?.contains("line 1 of") == true)
    }

    /// What somebody with a shell could do, triggers taken away first.
    private func tamper(_ workshop: Workshop, _ sql: String) throws {
        let queue = try DatabaseQueue(path: workshop.data + "/slipway.db")
        try queue.write { db in
            for trigger in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                try db.execute(sql: "DROP TRIGGER \(trigger)")
            }
            try db.execute(sql: sql)
        }
        try queue.close()
    }

    @Test func `a tail that was cut off is found at the start, whatever else was set back`() async throws {
        let workshop = try Workshop()
        let store = try await filled(workshop)
        _ = try await store.audit.keepHead(after: nil)
        try store.close()
        try tamper(
            workshop,
            "DELETE FROM audit_event WHERE sequence > 2; UPDATE generation SET value = 2;")
        let error = #expect(throws: StoreError.self) { _ = try workshop.open() }
        #expect(error?.reason == .corrupt)
        #expect(error?.message.contains("event 4") == true)
        #expect(error?.hint.contains("slipway restore") == true)
    }

    @Test func `heads outside tell of an older database that brought its own heads`() async throws {
        let workshop = try Workshop()
        let outside = workshop.folder + "/heads.jsonl"
        let store = try workshop.open(auditHeadsPath: outside)
        try await store.push("a", "one")
        try await store.push("a", "two")
        _ = try await store.audit.keepHead(after: nil)
        try store.close()
        try tamper(workshop, "DELETE FROM audit_event WHERE sequence > 1; UPDATE generation SET value = 1;")
        try FileManager.default.removeItem(atPath: workshop.data + "/audit-heads.jsonl")
        let again = try workshop.open(auditHeadsPath: outside)
        #expect(try await again.checkHeadsOutside().first?.contains("event 2 is missing") == true)
        #expect(try await again.audit.verify().problems.first?.contains("event 2 is missing from the end") == true)
        #expect(try await again.verify().problems.map(\.subject) == ["audit chain"])
    }

    /// Every byte of the table's rows on disk, one at a time: found and named, and never a crash.
    @Test func `any changed byte of an audit event in the database file is found`() async throws {
        let workshop = try Workshop()
        let store = try await filled(workshop)
        _ = try await store.audit.keepHead(after: nil)
        try store.close()
        let path = workshop.data + "/slipway.db"
        let clean = try Data(contentsOf: URL(fileURLWithPath: path))
        let needle = Data("version.pushchurn:2".utf8)
        let place = try #require(clean.range(of: needle))
        var found = 0
        for offset in stride(from: place.lowerBound - 8, to: place.upperBound + 200, by: 3) {
            var bytes = clean
            bytes[offset] ^= 0x04
            try bytes.write(to: URL(fileURLWithPath: path))
            do {
                let store = try await workshop.reopen()
                let problems = try await store.audit.verify().problems
                try store.close()
                #expect(!problems.isEmpty, "byte \(offset - place.lowerBound)")
                if problems.contains(where: { $0.contains("event 2") }) { found += 1 }
            } catch is StoreError {
                found += 1
            }
        }
        #expect(found > 60)
    }
}
