import Crypto
import Foundation
import GRDB
import Journal
import Registry
import Serving
import Synchronization
import Testing

@testable import Store

/// The time of grace is 1000 seconds in all of these.
struct CollectionTests {
    private static let grace = 1000 * 1_000_000

    private func digest(_ text: String) -> String { SHA256.hash(data: Array(text.utf8)).hexadecimal }

    private func isThere(_ workshop: Workshop, _ text: String) -> Bool {
        FileManager.default.fileExists(atPath: workshop.blobPath(digest(text)))
    }

    @Test func `what nothing refers to goes after the time of grace, and nothing else`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        let store = try workshop.open(clock: clock)
        try await store.push("churn", "kept")
        try await store.upload(Array("lost".utf8))
        clock.advance(Self.grace)
        #expect(try await store.collect(by: .local) == CollectionResult(blobs: 0, bytes: 0))
        clock.advance(1)
        #expect(try await store.collect(by: .local) == CollectionResult(blobs: 1, bytes: 4))
        #expect(isThere(workshop, "kept"))
        #expect(!isThere(workshop, "lost"))
        #expect(try await store.blobs.contains(digest("lost"), space: "default") == nil)
        #expect(try await store.verify().isIntact)
        let events = try await store.audit.events(AuditQuery(action: "storage")).items
        #expect(events.map(\.detail) == [#"{"blobs":"1","bytes":"4"}"#])
        // Nothing to do is nothing done.
        #expect(try await store.collect(by: .local).blobs == 0)
        #expect(try await store.audit.events(AuditQuery(action: "storage")).items.count == 1)
    }

    @Test func `the bytes of a deleted version go, unless another version has them`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        let store = try workshop.open(clock: clock)
        try await store.push("churn", "own")
        try await store.push("churn", "shared")
        try await store.push("twin", "shared")
        for number in 1...2 {
            _ = try await store.service.delete("churn", number: number, space: "default", principal: .local)
        }
        clock.advance(Self.grace + 1)
        #expect(try await store.collect(by: .local).blobs == 1)
        #expect(!isThere(workshop, "own"))
        #expect(isThere(workshop, "shared"))
        #expect(try await store.verify().isIntact)
    }

    /// Whatever table comes later: a foreign key is enough to keep a blob.
    @Test func `a table of another room keeps what it names`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        let store = try workshop.open(clock: clock)
        try await store.upload(Array("a data set".utf8))
        try await store.database.pool.write { [digest = digest("a data set")] db in
            try db.execute(
                sql: """
                    CREATE TABLE "data set" (id INTEGER PRIMARY KEY, "the file" TEXT REFERENCES blob (sha256)) STRICT;
                    INSERT INTO "data set" ("the file") VALUES ('\(digest)'), (NULL);
                    """)
        }
        clock.advance(Self.grace + 1)
        #expect(try await store.collect(by: .local).blobs == 0)
        #expect(isThere(workshop, "a data set"))
    }

    // push                                collect
    // contains? "yes, it is here"
    //                                     removes what is older than the time of grace
    // version of it
    @Test func `a push that was told the bytes are here finds them here`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        let store = try workshop.open(clock: clock)
        let file = try await store.upload(Array("old".utf8))
        clock.advance(Self.grace * 10)
        #expect(try await store.blobs.contains(file.sha256, space: "default") == 3)
        #expect(try await store.collect(by: .local).blobs == 0)
        clock.advance(Self.grace / 2)
        #expect(try await store.blobs.contains(file.sha256, space: "default") == 3)
        // At the least half the time of grace is left from the answer on, whenever it was asked for before.
        clock.advance(Self.grace / 2)
        #expect(try await store.collect(by: .local).blobs == 0)
        let pushed = try await store.service.push(
            model: "churn", space: "default", files: [file], principal: .local)
        #expect(pushed.version.number == 1)
        #expect(try await store.verify().isIntact)
    }

    // push                                collect
    //                                     the row goes
    // contains? "no"
    // sends the bytes, named again
    //                                     the file would go: it stays
    @Test func `bytes that come again between the two steps stay`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        let store = try workshop.open(clock: clock)
        try await store.upload(Array("again".utf8))
        try await store.upload(Array("not again".utf8))
        clock.advance(Self.grace + 1)
        let sha256 = digest("again")
        let problems = Mutex<[String]>([])
        let result = try await store.collect(by: .local) {
            do {
                if try await store.blobs.contains(sha256, space: "default") != nil {
                    problems.withLock { $0.append("still said to be here") }
                }
                // A file without a row, for a moment, is nothing that a verification minds.
                let found = try await store.verify().problems.map(\.message)
                problems.withLock { $0 += found }
                try await store.push("churn", "again")
            } catch { problems.withLock { $0.append("\(error)") } }
        }
        #expect(problems.withLock { $0 }.isEmpty)
        #expect(result.blobs == 2)
        #expect(isThere(workshop, "again"))
        #expect(!isThere(workshop, "not again"))
        #expect(try await store.service.version("churn", space: "default").number == 1)
        #expect(try await store.verify().isIntact)
    }

    // push                                collect
    // sends the bytes
    //                                     the row goes (it was an old blob)
    // version of it: refused, says to upload
    @Test func `a version of bytes that have gone is refused, and made once they are sent again`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        let store = try workshop.open(clock: clock)
        let file = try await store.upload(Array("late".utf8))
        clock.advance(Self.grace + 1)
        _ = try await store.collect(by: .local)
        let error = await controlError {
            _ = try await store.service.push(model: "churn", space: "default", files: [file], principal: .local)
        }
        #expect(error?.message.contains("have not been uploaded") == true)
        #expect(try await store.push("churn", "late").version.number == 1)
    }

    @Test func `no file goes while a backup reads, and all of them do after it`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        let store = try workshop.open(clock: clock)
        try await store.push("churn", "in the backup")
        var backup: BackupArchive? = try await store.backup()
        _ = try await store.service.delete("churn", number: 1, space: "default", principal: .local)
        clock.advance(Self.grace + 1)
        #expect(try await store.collect(by: .local).blobs == 1)
        #expect(isThere(workshop, "in the backup"))
        #expect(try await store.verify().isIntact)
        while try await backup?.next() != nil {}
        backup = nil
        #expect(try await store.collect(by: .local).blobs == 0)
        #expect(!isThere(workshop, "in the backup"))
    }

    @Test func `a collection that ended between its steps is finished by the next start`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        var store: Store? = try workshop.open(clock: clock)
        try await store?.push("churn", "kept")
        try await store?.upload(Array("lost".utf8))
        clock.advance(Self.grace + 1)
        // What the first step commits, without the second.
        try await store?.database.pool.write { db in
            try db.execute(sql: "DELETE FROM blob_space WHERE sha256 = ?", arguments: [digest("lost")])
            try db.execute(sql: "DELETE FROM blob WHERE sha256 = ?", arguments: [digest("lost")])
        }
        #expect(isThere(workshop, "lost"))
        try store?.close()
        store = nil
        let again = try await workshop.reopen()
        #expect(!isThere(workshop, "lost"))
        #expect(isThere(workshop, "kept"))
        #expect(try await again.verify().isIntact)
    }

    @Test func `pushes and collections at once lose nothing`() async throws {
        let workshop = try Workshop()
        let clock = ManualClock()
        let store = try workshop.open(clock: clock)
        for number in 0..<20 { try await store.upload(Array("blob \(number)".utf8)) }
        clock.advance(Self.grace + 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 { group.addTask { _ = try await store.collect(by: .local) } }
            for number in 0..<20 {
                group.addTask { try await store.push("m\(number)", "blob \(number)") }
            }
            try await group.waitForAll()
        }
        _ = try await store.collect(by: .local)
        for number in 0..<20 { #expect(isThere(workshop, "blob \(number)")) }
        #expect(try await store.verify().isIntact)
    }
}
