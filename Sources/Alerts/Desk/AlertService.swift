package import Journal
package import Webhooks

/// What people ask of alerts: to see them, to say that they look after one, to keep messages back.
package final class AlertService: Sendable {
    /// The longest that messages are kept back, in seconds: 30 days.
    package static let longestSilence = 30 * 86_400
    private static let longestComment = 4096

    let store: AlertUnitOfWork
    let deliveries: DeliveryService
    let newID: @Sendable () -> String

    package init(
        store: AlertUnitOfWork, deliveries: DeliveryService, newID: @escaping @Sendable () -> String
    ) {
        self.store = store
        self.deliveries = deliveries
        self.newID = newID
    }

    /// Newest first; `after` is the number that the page before ended with.
    package func list(
        _ filter: AlertFilter, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<Alert> {
        let limit = PageLimit.clamp(limit)
        let before = try Self.number(after)
        let found = try await store.read { transaction in
            guard try transaction.hasSpace(filter.space) else { throw ControlError.spaceNotFound(filter.space) }
            return try transaction.alerts(filter, before: before, limit: limit + 1)
        }
        return Page.cut(found, limit: limit) { String($0.number) }
    }

    package func show(_ number: Int, space: String) async throws(ControlError) -> Alert {
        try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            guard let alert = try transaction.alert(number, space: space) else { throw Self.missing(number, space) }
            return alert
        }
    }

    /// Says that somebody looks after an alert that fires: who has not been told of it by now is not.
    package func acknowledge(
        _ number: Int, space: String, comment: String, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> Alert {
        try Self.check(comment, "comment")
        let mutation = Mutation(
            principal: principal, space: space,
            idempotency: try Idempotency.make(
                idempotencyKey, ["alert.acknowledge", space, String(number), comment]))
        _ = try await store.commit(mutation) { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            guard var alert = try transaction.alert(number, space: space) else { throw Self.missing(number, space) }
            guard alert.state == .firing else {
                throw ControlError(
                    .conflict, "alert \(number) of space '\(space)' does not fire any more", field: "alert")
            }
            if alert.acknowledgement != nil { return Change(number, event: nil) }
            alert.acknowledgement = Alert.Acknowledgement(
                at: transaction.time, by: principal.id, comment: comment)
            try transaction.update(alert)
            return Change(
                number,
                event: AuditDraft(
                    action: "alert.acknowledged", subject: alert.endpoint,
                    detail: ["alert": String(number), "rule": alert.rule, "comment": comment]))
        }
        return try await show(number, space: space)
    }

    /// Makes one attempt to deliver a test to a target, through the same queue as alerts; waits for it as long as an
    /// attempt may take. Gives the delivery as it is then.
    package func test(
        _ target: DeliveryTarget, space: String, principal: Principal, now: Timestamp
    ) async throws(ControlError) -> Delivery {
        let isThere = try await store.read { try $0.hasSpace(space) }
        guard isThere else { throw ControlError.spaceNotFound(space) }
        let event = CloudEvent(testOf: space, by: principal, id: newID(), at: now)
        let id = try await deliveries.deliver(event, to: target, space: space, principal: principal)
        for _ in 0..<(WebhookSender.limitSeconds + 5) * 20 {
            if let delivery = try await deliveries.delivery(id), delivery.attempts > 0 || delivery.state != .pending {
                return delivery
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
        }
        guard let delivery = try await deliveries.delivery(id) else {
            throw ControlError(.internalFailure, "the delivery \(id) is not there any more")
        }
        return delivery
    }

    static func missing(_ number: Int, _ space: String) -> ControlError {
        ControlError(
            .notFound, "there is no alert \(number) in space '\(space)'", field: "alert",
            hint: "slipway alert list shows those there are")
    }

    static func number(_ after: String?) throws(ControlError) -> Int? {
        guard let after else { return nil }
        guard let number = Int(after), number > 0 else {
            throw ControlError(.invalid, "after must be what a page gave as next", field: "after")
        }
        return number
    }

    static func check(_ text: String, _ field: String) throws(ControlError) {
        guard text.utf8.count <= longestComment else {
            throw ControlError(.invalid, "'\(field)' has more than \(longestComment) bytes", field: field)
        }
    }
}
