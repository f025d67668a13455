package import Journal

/// What people ask of webhooks: to make one, to change it, to keep it back and to see what became of its events.
package final class WebhookService: Sendable {
    /// Webhooks of one space, or of the server, at most.
    package static let most = 50
    private static let longestReason = 4096

    let store: WebhookUnitOfWork
    let deliveries: DeliveryService
    let sender: WebhookSender
    let newID: @Sendable () -> String

    package init(
        store: WebhookUnitOfWork, deliveries: DeliveryService, sender: WebhookSender,
        newID: @escaping @Sendable () -> String
    ) {
        self.store = store
        self.deliveries = deliveries
        self.sender = sender
        self.newID = newID
    }

    /// By name.
    ///
    /// - Parameter space: `nil` for the webhooks of the whole server, here and everywhere below.
    package func list(
        space: String?, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<WebhookStanding> {
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            try Self.require(space, transaction)
            return try transaction.webhooks(space: space, after: after, limit: limit + 1)
        }
        return Page.cut(found, limit: limit) { $0.webhook.name }
    }

    package func show(_ name: String, space: String?) async throws(ControlError) -> WebhookStanding {
        try await store.read { transaction in
            let webhook = try Self.find(name, space, transaction)
            return WebhookStanding(webhook: webhook, pending: try transaction.pendingDeliveries(of: webhook.id))
        }
    }

    // MARK: changes

    /// Makes a webhook that gets what happens from now on. `conflict` where the name is taken.
    package func create(
        _ name: String, target: WebhookTarget, events: EventFilter, space: String?, principal: Principal,
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> WebhookStanding {
        try Name.validate(name, field: "name")
        try sender.check(target)
        let canonical = ["webhook.create", space ?? "", name, target.url, target.secret ?? ""] + events.patterns
        let mutation = try Self.mutation(space, principal, idempotencyKey, canonical)
        _ = try await store.commit(mutation) { transaction in
            try Self.require(space, transaction)
            guard try transaction.webhook(name, space: space) == nil else {
                throw ControlError(
                    .conflict, "there is a webhook '\(name)' \(Self.place(space)) already", field: "name",
                    hint: "slipway webhook update changes it")
            }
            guard try transaction.webhooks(space: space, after: nil, limit: Self.most).count < Self.most else {
                throw ControlError(
                    .conflict, "there are \(Self.most) webhooks \(Self.place(space)) already", field: "name",
                    hint: "slipway webhook delete removes one")
            }
            let last = try transaction.lastAuditEvent()?.sequence ?? 0
            _ = try transaction.insertWebhook(
                name, space: space, target: target, events: events, cursor: last, by: principal)
            let made = try Self.find(name, space, transaction)
            return Change(name, event: made.audited("webhook.create"))
        }
        return try await show(name, space: space)
    }

    /// Changes where it goes, or what it gets; what is `nil` stays as it was.
    ///
    /// - Parameters:
    ///   - secret: the name of another secret among the server's settings; empty for the one that the space has of itself.
    ///   - ifMatch: the revision that the caller believes is current; another one is a `conflict`.
    package func update(
        _ name: String, url: String?, secret: String?, events: EventFilter?, space: String?, principal: Principal,
        idempotencyKey: String? = nil, ifMatch: Int? = nil
    ) async throws(ControlError) -> WebhookStanding {
        let canonical = [
            "webhook.update", space ?? "", name, ifMatch.map { String($0) } ?? "", url ?? "", secret ?? "-",
            events?.patterns.joined(separator: ",") ?? "",
        ]
        let mutation = try Self.mutation(space, principal, idempotencyKey, canonical)
        _ = try await store.commit(mutation) { [sender] transaction in
            var webhook = try Self.find(name, space, transaction)
            guard ifMatch == nil || ifMatch == webhook.revision else {
                throw ControlError(
                    .conflict, "the webhook '\(name)' is at revision \(webhook.revision), not \(ifMatch ?? 0)",
                    field: "ifMatch", hint: "somebody else changed it; look at it again, then decide")
            }
            let before = webhook
            let named = secret ?? webhook.target.secret
            webhook.target = try WebhookTarget(
                url: url ?? webhook.target.url, secret: named?.isEmpty == true ? nil : named, field: "url")
            try sender.check(webhook.target)
            webhook.events = events ?? webhook.events
            guard webhook != before else { return Change(name, event: nil) }
            webhook.revision += 1
            try transaction.update(webhook)
            return Change(name, event: webhook.audited("webhook.update", ["revision": String(webhook.revision)]))
        }
        return try await show(name, space: space)
    }

    /// Keeps everything back: what happens meanwhile is sent when it is resumed.
    package func pause(
        _ name: String, reason: String, space: String?, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> WebhookStanding {
        guard reason.utf8.count <= Self.longestReason else {
            throw ControlError(.invalid, "'reason' has more than \(Self.longestReason) bytes", field: "reason")
        }
        let mutation = try Self.mutation(
            space, principal, idempotencyKey, ["webhook.pause", space ?? "", name, reason])
        _ = try await store.commit(mutation) { transaction in
            var webhook = try Self.find(name, space, transaction)
            guard !webhook.isPaused else { return Change(name, event: nil) }
            webhook.pause = Webhook.Pause(at: transaction.time, by: principal.id, reason: reason)
            try transaction.update(webhook)
            return Change(name, event: webhook.audited("webhook.pause", reason.isEmpty ? [:] : ["reason": reason]))
        }
        return try await show(name, space: space)
    }

    /// Lets it have events again, from where it stopped.
    ///
    /// - Parameter fromNow: whether what happened while it was paused is passed over. What waits already is sent all the same.
    package func resume(
        _ name: String, fromNow: Bool, space: String?, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> WebhookStanding {
        let mutation = try Self.mutation(
            space, principal, idempotencyKey, ["webhook.resume", space ?? "", name, String(fromNow)])
        let committed = try await store.commit(mutation) { transaction in
            var webhook = try Self.find(name, space, transaction)
            guard webhook.isPaused else { return Change([Int](), event: nil) }
            webhook.pause = nil
            webhook.failingSince = nil
            if fromNow { webhook.cursor = try transaction.lastAuditEvent()?.sequence ?? webhook.cursor }
            try transaction.update(webhook)
            let waiting = try transaction.renewDeliveries(of: webhook)
            let event = webhook.audited("webhook.resume", fromNow ? ["from": "now"] : [:])
            return Change(waiting.map(\.id), event: event)
        }
        try await begin(committed.answer)
        return try await show(name, space: space)
    }

    /// Removes it, with the log of what it got; what waits for it is not sent.
    package func delete(
        _ name: String, space: String?, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) {
        let mutation = try Self.mutation(space, principal, idempotencyKey, ["webhook.delete", space ?? "", name])
        _ = try await store.commit(mutation) { transaction in
            let webhook = try Self.find(name, space, transaction)
            try transaction.removeWebhook(webhook.id)
            return Change(name, event: webhook.audited("webhook.delete"))
        }
    }
}

extension WebhookService {
    /// Has these delivered, which wait.
    func begin(_ ids: [Int]) async throws(ControlError) {
        for id in ids {
            guard let delivery = try await deliveries.delivery(id) else { continue }
            await deliveries.begin(delivery)
        }
    }

    static func mutation(
        _ space: String?, _ principal: Principal, _ key: String?, _ canonical: [String]
    ) throws(ControlError) -> Mutation {
        Mutation(
            principal: principal, space: space ?? "", idempotency: try Idempotency.make(key, canonical))
    }

    static func require(_ space: String?, _ transaction: any WebhookTransaction) throws {
        guard let space else { return }
        guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
    }

    static func find(_ name: String, _ space: String?, _ transaction: any WebhookTransaction) throws -> Webhook {
        try require(space, transaction)
        guard let webhook = try transaction.webhook(name, space: space) else {
            throw ControlError(
                .notFound, "there is no webhook '\(Name.excerpt(of: name))' \(place(space))", field: "webhook",
                hint: "slipway webhook list shows those there are")
        }
        return webhook
    }

    static func place(_ space: String?) -> String { space.map { "in space '\($0)'" } ?? "of the server" }
}
