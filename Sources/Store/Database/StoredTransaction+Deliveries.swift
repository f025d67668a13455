import Foundation
import GRDB
import Journal
import Webhooks

extension StoredTransaction: DeliveryTransaction {
    /// Messages of a space that may wait at once, and that are kept when they have ended.
    private static let mostPending = 1000
    private static let mostEnded = 1000

    private static let columns = "y.*, s.name AS space FROM delivery y JOIN space s ON s.id = y.space_id"

    func enqueue(_ event: CloudEvent, to target: DeliveryTarget, space: String) throws -> Int {
        let spaceID = try requireSpaceID(space)
        let waiting = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM delivery WHERE space_id = ? AND state = 'pending'"),
            arguments: [spaceID])
        let isFull = waiting ?? 0 >= Self.mostPending
        try execute(
            """
            INSERT INTO delivery
                (space_id, event, type, subject, target, body, created_at, state, attempts, next_at, outcome)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
            """,
            [
                spaceID, event.id, event.type, event.subject, try Self.json(target), event.json, now,
                isFull ? "failed" : "pending", isFull ? nil : now,
                isFull ? "\(Self.mostPending) messages of the space wait already" : "",
            ])
        return Int(db.lastInsertedRowID)
    }

    func pendingDeliveries(limit: Int) throws -> [Delivery] {
        try Row.fetchAll(
            db, sql: "SELECT \(Self.columns) WHERE y.state = 'pending' ORDER BY y.id LIMIT ?", arguments: [limit]
        ).map(delivery)
    }

    func delivery(_ id: Int) throws -> Delivery? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT \(Self.columns) WHERE y.id = ?"), arguments: [id])
            .map(delivery)
    }

    func keep(_ delivery: Delivery) throws {
        try execute(
            """
            UPDATE delivery SET state = ?, attempts = ?, next_at = ?, last_at = ?, status = ?, outcome = ? WHERE id = ?
            """,
            [
                delivery.state.rawValue, delivery.attempts, delivery.nextAt?.microseconds,
                delivery.lastAt?.microseconds, delivery.status, delivery.outcome, delivery.id,
            ])
        guard delivery.state != .pending else { return }
        try execute(
            """
            DELETE FROM delivery WHERE state <> 'pending' AND space_id = (SELECT space_id FROM delivery WHERE id = :id)
                AND id <= (
                    SELECT id FROM delivery WHERE state <> 'pending'
                        AND space_id = (SELECT space_id FROM delivery WHERE id = :id)
                    ORDER BY id DESC LIMIT 1 OFFSET :most)
            """, ["id": delivery.id, "most": Self.mostEnded])
    }

    func deliveries(space: String, before: Int?, limit: Int) throws -> [Delivery] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT \(Self.columns) WHERE s.id = ? AND y.id < ? ORDER BY y.id DESC LIMIT ?"),
            arguments: [try requireSpaceID(space), before ?? Int.max, limit]
        ).map(delivery)
    }

    private func delivery(_ row: Row) throws -> Delivery {
        func time(_ column: String) -> Timestamp? {
            let microseconds: Int? = row[column]
            return microseconds.map { Timestamp(microseconds: $0) }
        }
        return Delivery(
            id: row["id"], space: row["space"], event: row["event"], type: row["type"], subject: row["subject"],
            target: try Self.decode(DeliveryTarget.self, row["target"]), body: row["body"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            state: Delivery.State(rawValue: row["state"]) ?? .failed, attempts: row["attempts"],
            nextAt: time("next_at"), lastAt: time("last_at"), status: row["status"], outcome: row["outcome"])
    }
}
