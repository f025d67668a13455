package import Journal

/// What webhooks of lifecycle events need of the database.
package protocol WebhookTransaction: DeliveryTransaction, AuditTransaction {
    /// - Parameter space: `nil` for one of the whole server.
    func webhook(_ name: String, space: String?) throws -> Webhook?
    /// By name, those behind `after`.
    func webhooks(space: String?, after: String?, limit: Int) throws -> [WebhookStanding]
    /// In every space and of the server, those that get events.
    func activeWebhooks() throws -> [Webhook]
    /// Gives its id.
    func insertWebhook(
        _ name: String, space: String?, target: WebhookTarget, events: EventFilter, cursor: Int, by principal: Principal
    ) throws -> Int
    /// Removes it with its deliveries.
    func removeWebhook(_ id: Int) throws
    /// Has the deliveries that wait for it begin anew, and gives them.
    func renewDeliveries(of webhook: Webhook) throws -> [Delivery]
    /// Moves nothing but the cursor.
    func moveCursor(of webhook: Int, to sequence: Int) throws

    /// How many wait for it.
    func pendingDeliveries(of webhook: Int) throws -> Int
    func enqueue(_ event: CloudEvent, for webhook: Webhook) throws -> Delivery
    /// Keeps what was sent at once, without the queue.
    func record(_ event: CloudEvent, for webhook: Webhook, _ outcome: DeliveryOutcome) throws -> Delivery
    /// Keeps the event of another delivery once more, to be sent from now on.
    func repeated(_ delivery: Delivery) throws -> Delivery
    /// Newest first, those below `before`, of webhooks of one space or of the server.
    func webhookDeliveries(_ query: WebhookDeliveryQuery, before: Int?, limit: Int) throws -> [Delivery]
    /// What the room that an event is of tells of it beside the audit; `nil` where there is nothing more.
    func told(of event: LifecycleEvent) throws -> CloudEvent?
}

/// Where Webhooks keeps who is told of what.
package typealias WebhookUnitOfWork = any UnitOfWork<any WebhookTransaction>

/// Which deliveries somebody wants to see.
package struct WebhookDeliveryQuery: Sendable, Hashable {
    /// `nil` for those of the server's own webhooks.
    package var space: String?
    package var webhook: String?
    package var state: Delivery.State?

    package init(space: String?, webhook: String? = nil, state: Delivery.State? = nil) {
        self.space = space
        self.webhook = webhook
        self.state = state
    }
}
