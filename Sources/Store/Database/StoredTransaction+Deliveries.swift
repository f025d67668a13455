import Foundation
import GRDB
import Journal
import Webhooks

extension StoredTransaction: DeliveryTransaction {
    /// Messages of a space that may wait at once, and that are kept when they have ended; of a webhook the latter.
    private static let mostPending = 1000
    private static let mostEnded = 1000

    private static let columns = """
        y.*, s.name AS space, w.name AS webhook_name, w.paused_at IS NOT NULL AS is_held FROM delivery y
        LEFT JOIN space s ON s.id = y.space_id LEFT JOIN webhook w ON w.id = y.webhook_id
        """

    func enqueue(_ event: CloudEvent, to target: DeliveryTarget, space: String) throws -> Int {
        let spaceID = try requireSpaceID(space)
        let waiting = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT count(*) FROM delivery WHERE space_id = ? AND webhook_id IS NULL AND state = 'pending'
                    """),
            arguments: [spaceID])
        let isFull = waiting ?? 0 >= Self.mostPending
        return try insertDelivery(
            event, event.json, to: target, space: spaceID, state: isFull ? .failed : .pending,
            outcome: isFull ? "\(Self.mostPending) messages of the space wait already" : "")
    }

    /// Gives its id.
    func insertDelivery(
        _ event: CloudEvent, _ body: String, to target: DeliveryTarget, space: Int64?, webhook: Int? = nil,
        state: Delivery.State = .pending, outcome: String = ""
    ) throws -> Int {
        try execute(
            """
            INSERT INTO delivery
                (space_id, webhook_id, event, type, subject, target, body, created_at, state, attempts, next_at, outcome)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
            """,
            [
                space, webhook, event.id, event.type, event.subject, try Self.json(target), body, now, state.rawValue,
                state == .pending ? now : nil, outcome,
            ])
        return Int(db.lastInsertedRowID)
    }

    func pendingDeliveries(after: Int, limit: Int) throws -> [Delivery] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(Self.columns) WHERE y.state = 'pending' AND w.paused_at IS NULL AND y.id > ?
                ORDER BY y.id LIMIT ?
                """, arguments: [after, limit]
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
        let (own, owner): (String, Int64?) =
            if let webhook = delivery.webhook {
                ("webhook_id = :owner", Int64(webhook))
            } else {
                ("webhook_id IS NULL AND space_id = :owner", try spaceID(delivery.space))
            }
        try execute(
            """
            DELETE FROM delivery WHERE state <> 'pending' AND \(own) AND id <= (
                SELECT id FROM delivery WHERE state <> 'pending' AND \(own) ORDER BY id DESC LIMIT 1 OFFSET :most)
            """, ["owner": owner, "most": Self.mostEnded])
    }

    func deliveries(space: String, before: Int?, limit: Int) throws -> [Delivery] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(Self.columns) WHERE y.space_id = ? AND y.webhook_id IS NULL AND y.id < ?
                    ORDER BY y.id DESC LIMIT ?
                    """),
            arguments: [try requireSpaceID(space), before ?? Int.max, limit]
        ).map(delivery)
    }

    func webhookDeliveries(_ query: WebhookDeliveryQuery, before: Int?, limit: Int) throws -> [Delivery] {
        let space = try query.space.map(requireSpaceID)
        return try Row.fetchAll(
            db,
            sql: """
                SELECT \(Self.columns) WHERE y.webhook_id IS NOT NULL AND y.space_id IS :space AND y.id < :before
                    AND (:webhook IS NULL OR w.name = :webhook) AND (:state IS NULL OR y.state = :state)
                ORDER BY y.id DESC LIMIT :limit
                """,
            arguments: [
                "space": space, "before": before ?? Int.max, "webhook": query.webhook, "state": query.state?.rawValue,
                "limit": limit,
            ]
        ).map(delivery)
    }

    /// Those of a webhook that wait.
    func waitingDeliveries(of webhook: Int) throws -> [Delivery] {
        try Row.fetchAll(
            db, sql: "SELECT \(Self.columns) WHERE y.webhook_id = ? AND y.state = 'pending' ORDER BY y.id",
            arguments: [webhook]
        ).map(delivery)
    }

    private func delivery(_ row: Row) throws -> Delivery {
        func time(_ column: String) -> Timestamp? {
            let microseconds: Int? = row[column]
            return microseconds.map { Timestamp(microseconds: $0) }
        }
        return Delivery(
            id: row["id"], space: row["space"] ?? "", webhook: row["webhook_id"], webhookName: row["webhook_name"],
            isHeld: row["is_held"] ?? false, event: row["event"], type: row["type"], subject: row["subject"],
            target: try Self.decode(DeliveryTarget.self, row["target"]), body: row["body"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            state: Delivery.State(rawValue: row["state"]) ?? .failed, attempts: row["attempts"],
            nextAt: time("next_at"), lastAt: time("last_at"), status: row["status"], outcome: row["outcome"])
    }
}
