import Alerts
import Documents
import GRDB
import Journal
import Webhooks

extension StoredTransaction: WebhookTransaction {
    private static let subscription = "w.*, s.name AS space FROM webhook w LEFT JOIN space s ON s.id = w.space_id"

    func webhook(_ name: String, space: String?) throws -> Webhook? {
        if let space, try !hasSpace(space) { return nil }
        return try Row.fetchOne(
            db, sql: "SELECT \(Self.subscription) WHERE w.space_id IS ? AND w.name = ?",
            arguments: [try space.map(requireSpaceID), name]
        ).map(webhook)
    }

    func webhook(id: Int) throws -> Webhook? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(Self.subscription) WHERE w.id = ?"), arguments: [id]
        ).map(webhook)
    }

    func webhooks(space: String?, after: String?, limit: Int) throws -> [WebhookStanding] {
        try Row.fetchAll(
            db, sql: "SELECT \(Self.subscription) WHERE w.space_id IS ? AND w.name > ? ORDER BY w.name LIMIT ?",
            arguments: [try space.map(requireSpaceID), after ?? "", limit]
        ).map { row in
            let webhook = try webhook(row)
            return WebhookStanding(webhook: webhook, pending: try pendingDeliveries(of: webhook.id))
        }
    }

    func activeWebhooks() throws -> [Webhook] {
        try Row.fetchAll(
            db.cachedStatement(sql: "SELECT \(Self.subscription) WHERE w.paused_at IS NULL ORDER BY w.id")
        ).map(webhook)
    }

    func insertWebhook(
        _ name: String, space: String?, target: WebhookTarget, events: EventFilter, cursor: Int, by principal: Principal
    ) throws -> Int {
        try execute(
            """
            INSERT INTO webhook (space_id, name, target, events, revision, cursor, last_failure, created_at, created_by)
            VALUES (?, ?, ?, ?, 1, ?, '', ?, ?)
            """,
            [
                try space.map(requireSpaceID), name, try Self.json(DeliveryTarget.webhook(target)),
                try Self.json(events.patterns), cursor, now, principal.id,
            ])
        return Int(db.lastInsertedRowID)
    }

    func update(_ webhook: Webhook) throws {
        let target = try Self.json(DeliveryTarget.webhook(webhook.target))
        try execute(
            """
            UPDATE webhook SET target = ?, events = ?, revision = ?, cursor = ?, paused_at = ?, paused_by = ?,
                pause_reason = ?, failing_since = ?, last_delivered_at = ?, last_failure = ?
            WHERE id = ?
            """,
            [
                target, try Self.json(webhook.events.patterns), webhook.revision, webhook.cursor,
                webhook.pause?.at.microseconds, webhook.pause?.by, webhook.pause?.reason,
                webhook.failingSince?.microseconds, webhook.lastDeliveredAt?.microseconds, webhook.lastFailure,
                webhook.id,
            ])
        // What waits goes where the webhook goes now.
        try execute(
            "UPDATE delivery SET target = ? WHERE webhook_id = ? AND state = 'pending' AND target <> ?",
            [target, webhook.id, target])
    }

    func removeWebhook(_ id: Int) throws {
        try execute("DELETE FROM delivery WHERE webhook_id = ?", [id])
        try execute("DELETE FROM webhook WHERE id = ?", [id])
    }

    func removeWebhooks(ofSpace id: Int64) throws {
        try execute("DELETE FROM delivery WHERE webhook_id IN (SELECT id FROM webhook WHERE space_id = ?)", [id])
        try execute("DELETE FROM webhook WHERE space_id = ?", [id])
    }

    func moveCursor(of webhook: Int, to sequence: Int) throws {
        try execute("UPDATE webhook SET cursor = ? WHERE id = ?", [sequence, webhook])
    }

    func renewDeliveries(of webhook: Webhook) throws -> [Delivery] {
        try execute(
            "UPDATE delivery SET attempts = 0, next_at = ? WHERE webhook_id = ? AND state = 'pending'",
            [now, webhook.id])
        return try waitingDeliveries(of: webhook.id)
    }

    func pendingDeliveries(of webhook: Int) throws -> Int {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT count(*) FROM delivery WHERE webhook_id = ? AND state = 'pending'"),
            arguments: [webhook]) ?? 0
    }

    // MARK: events for them

    func enqueue(_ event: CloudEvent, for webhook: Webhook) throws -> Delivery {
        let id = try insertDelivery(
            event, event.json, to: .webhook(webhook.target), space: try webhook.space.map(requireSpaceID),
            webhook: webhook.id)
        return try inserted(id)
    }

    func record(_ event: CloudEvent, for webhook: Webhook, _ outcome: DeliveryOutcome) throws -> Delivery {
        let id = try insertDelivery(
            event, event.json, to: .webhook(webhook.target), space: try webhook.space.map(requireSpaceID),
            webhook: webhook.id, state: outcome.verdict == .delivered ? .delivered : .failed)
        var kept = try inserted(id)
        kept.attempts = 1
        kept.lastAt = time
        kept.status = outcome.status
        kept.outcome = outcome.text
        try keep(kept)
        return kept
    }

    func repeated(_ delivery: Delivery) throws -> Delivery {
        guard let webhook = try delivery.webhook.flatMap({ try webhook(id: $0) }) else {
            throw ControlError(.notFound, "the webhook of delivery \(delivery.id) is gone", field: "delivery")
        }
        let event = CloudEvent(
            id: delivery.event, source: "", type: delivery.type, subject: delivery.subject, time: time, data: .null)
        let id = try insertDelivery(
            event, delivery.body, to: .webhook(webhook.target), space: try webhook.space.map(requireSpaceID),
            webhook: webhook.id)
        return try inserted(id)
    }

    /// An alert's own message has the evidence in it, which the audit sums up.
    func told(of event: LifecycleEvent) throws -> CloudEvent? {
        let words = ["alert.fired": "fired", "alert.resolved": "resolved"]
        guard let word = words[event.audit.action], let number = event.detail["alert"].flatMap({ Int($0) }),
            try hasSpace(event.audit.space), var alert = try alert(number, space: event.audit.space)
        else { return nil }
        if word == "fired" {
            // As it was then: it may have ended since.
            alert.state = .firing
            alert.resolvedAt = nil
        }
        return CloudEvent(word, alert, id: event.id, at: event.audit.at)
    }

    private func inserted(_ id: Int) throws -> Delivery {
        guard let delivery = try delivery(id) else {
            throw ControlError(.internalFailure, "the delivery \(id) was not kept")
        }
        return delivery
    }

    private func webhook(_ row: Row) throws -> Webhook {
        func time(_ column: String) -> Timestamp? {
            let microseconds: Int? = row[column]
            return microseconds.map { Timestamp(microseconds: $0) }
        }
        guard case .webhook(let target) = try Self.decode(DeliveryTarget.self, row["target"]) else {
            throw ControlError(.internalFailure, "the database has a webhook that goes to no address")
        }
        return Webhook(
            id: row["id"], name: row["name"], space: row["space"], target: target,
            events: EventFilter(kept: try Self.decode([String].self, row["events"])), revision: row["revision"],
            pause: time("paused_at").map {
                Webhook.Pause(at: $0, by: row["paused_by"] ?? "", reason: row["pause_reason"] ?? "")
            },
            cursor: row["cursor"], failingSince: time("failing_since"), lastDeliveredAt: time("last_delivered_at"),
            lastFailure: row["last_failure"], createdAt: Timestamp(microseconds: row["created_at"]),
            createdBy: row["created_by"])
    }
}
