import Documents
package import Journal

/// What became of events, and events on request.
extension WebhookService {
    /// Sends a test at once, once, and keeps what came of it in the log. Goes to a paused webhook too: it is how somebody
    /// finds out whether it works again.
    package func test(
        _ name: String, space: String?, principal: Principal, now: Timestamp
    ) async throws(ControlError) -> Delivery {
        let webhook = try await store.read { try Self.find(name, space, $0) }
        let id = newID()
        let event = CloudEvent(
            id: id, source: space.map { "/api/v1/spaces/\($0)" } ?? "/api/v1",
            type: LifecycleEventTypes.prefix + "webhook.test", subject: "webhooks/\(name)", time: now,
            data: .mapping([
                "webhook": .text(name), "space": .text(webhook.scope), "by": .text(principal.id),
                "events": .list(webhook.events.patterns.map { .text($0) }),
            ]))
        let outcome = await sender.send(event.json, id: id, to: webhook.target, space: webhook.scope)
        let mutation = try Self.mutation(space, principal, nil, [])
        let kept = try await store.commit(mutation) { transaction in
            // It may be gone by now, and its log with it.
            let webhook = try Self.find(name, space, transaction)
            return Change(try transaction.record(event, for: webhook, outcome).id, event: nil)
        }
        return try await require(kept.answer)
    }

    /// Newest first; `after` is the id that the page before ended with.
    package func log(
        _ query: WebhookDeliveryQuery, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<Delivery> {
        let limit = PageLimit.clamp(limit)
        let before = after.flatMap { Int($0) }
        if after != nil, before == nil {
            throw ControlError(.invalid, "after must be what a page gave as next", field: "after")
        }
        let found = try await store.read { transaction in
            try Self.require(query.space, transaction)
            if let name = query.webhook { _ = try Self.find(name, query.space, transaction) }
            return try transaction.webhookDeliveries(query, before: before, limit: limit + 1)
        }
        return Page.cut(found, limit: limit) { String($0.id) }
    }

    package func delivery(_ id: Int, space: String?) async throws(ControlError) -> Delivery {
        try await store.read { transaction in
            try Self.require(space, transaction)
            return try Self.find(id, space, transaction)
        }
    }

    /// Sends the event of a delivery again, under its own id, as a delivery of its own.
    package func redeliver(
        _ id: Int, space: String?, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> Delivery {
        let mutation = try Self.mutation(
            space, principal, idempotencyKey, ["webhook.redeliver", space ?? "", String(id)])
        let committed = try await store.commit(mutation) { transaction in
            try Self.require(space, transaction)
            let delivery = try Self.find(id, space, transaction)
            guard delivery.state != .pending else {
                throw ControlError(
                    .conflict, "delivery \(id) still waits\(delivery.isHeld ? ": its webhook is paused" : "")",
                    field: "delivery",
                    hint: delivery.isHeld ? "slipway webhook resume \(delivery.webhookName ?? "")" : nil)
            }
            let again = try transaction.repeated(delivery)
            let event = AuditDraft(
                action: "webhook.redeliver", subject: delivery.webhookName ?? "",
                detail: [
                    "delivery": String(id), "again": String(again.id), "event": delivery.event, "type": delivery.type,
                ])
            return Change(again.id, event: event)
        }
        try await begin([committed.answer])
        return try await require(committed.answer)
    }

    private func require(_ id: Int) async throws(ControlError) -> Delivery {
        guard let delivery = try await deliveries.delivery(id) else {
            throw ControlError(.notFound, "the delivery \(id) is not there any more", field: "delivery")
        }
        return delivery
    }

    private static func find(
        _ id: Int, _ space: String?, _ transaction: any WebhookTransaction
    ) throws -> Delivery {
        guard let delivery = try transaction.delivery(id), delivery.webhook != nil, delivery.space == space ?? "" else {
            throw ControlError(
                .notFound, "there is no delivery \(id) \(place(space))", field: "delivery",
                hint: "slipway webhook deliveries shows those there are; old ones are not kept")
        }
        return delivery
    }
}
