import GRDB
import Journal
import Testing

@testable import Store

/// The table of deliveries is made anew where webhooks came: what is in it stays.
@Suite struct DeliveryMigrationTests {
    private static let before = "011-retraining"

    @Test func `what waited still waits, and no id is given twice`() throws {
        let queue = try DatabaseQueue()
        let migrator = Migrations.migrator(clock: ManualClock())
        try migrator.migrate(queue, upTo: Self.before)
        try queue.write { db in
            for event in ["one", "two", "three"] { try Self.insert(event, into: db) }
            try db.execute(sql: "DELETE FROM delivery WHERE event = 'three'")
        }
        try migrator.migrate(queue)
        try queue.write { db in
            let kept = try Row.fetchAll(db, sql: "SELECT id, event, state, webhook_id FROM delivery ORDER BY id")
            #expect(kept.map { $0["event"] as String } == ["one", "two"])
            #expect(kept.map { $0["id"] as Int } == [1, 2])
            #expect(kept.allSatisfy { $0["state"] as String == "pending" && ($0["webhook_id"] as Int?) == nil })
            try Self.insert("four", into: db)
            #expect(db.lastInsertedRowID == 4)
            #expect(try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil)
        }
    }

    @Test func `an empty table keeps its count too`() throws {
        let queue = try DatabaseQueue()
        let migrator = Migrations.migrator(clock: ManualClock())
        try migrator.migrate(queue, upTo: Self.before)
        try queue.write { db in
            try Self.insert("gone", into: db)
            try db.execute(sql: "DELETE FROM delivery")
        }
        try migrator.migrate(queue)
        try queue.write { db in
            try Self.insert("next", into: db)
            #expect(db.lastInsertedRowID == 2)
        }
    }

    private static func insert(_ event: String, into db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO delivery (space_id, event, type, subject, target, body, created_at, state, attempts, outcome)
                SELECT id, ?, 't', 's', '{}', '{}', 0, 'pending', 0, '' FROM space WHERE name = 'default'
                """, arguments: [event])
    }
}
