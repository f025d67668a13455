package import Journal

/// Where an event is to go.
package enum DeliveryTarget: Sendable, Hashable, Codable {
    case webhook(WebhookTarget)
    /// A program of the server's machine with its arguments; gets the event at its standard input.
    case command([String])

    /// For people, without what may be a secret.
    package var shown: String {
        switch self {
        case .webhook(let target): target.shown
        case .command(let words): "command \(words.first ?? "")"
        }
    }
}

/// An event on its way to one target.
package struct Delivery: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// It waits for its first attempt or the next.
        case pending
        case delivered
        /// Refused, or given up.
        case failed
    }

    /// Across all spaces.
    package let id: Int
    /// Empty where it is for a webhook of the whole server.
    package let space: String
    /// The webhook that it is for, by id and name; `nil` where a rule or a setting says where it goes.
    package let webhook: Int?
    package let webhookName: String?
    /// Whether it waits for its webhook to be resumed.
    package let isHeld: Bool
    /// The id and type of the event.
    package let event: String
    package let type: String
    /// What it is about, within the space: `alerts/12`.
    package let subject: String
    package let target: DeliveryTarget
    /// The event as JSON.
    package let body: String
    package let createdAt: Timestamp
    package var state: State
    package var attempts: Int
    /// When it is to be tried again, by the clock of then.
    package var nextAt: Timestamp?
    package var lastAt: Timestamp?
    package var status: Int?
    package var outcome: String

    package init(
        id: Int, space: String, webhook: Int? = nil, webhookName: String? = nil, isHeld: Bool = false, event: String,
        type: String, subject: String, target: DeliveryTarget, body: String, createdAt: Timestamp, state: State,
        attempts: Int,
        nextAt: Timestamp?, lastAt: Timestamp?, status: Int?, outcome: String
    ) {
        self.id = id
        self.space = space
        self.webhook = webhook
        self.webhookName = webhookName
        self.isHeld = isHeld
        self.event = event
        self.type = type
        self.subject = subject
        self.target = target
        self.body = body
        self.createdAt = createdAt
        self.state = state
        self.attempts = attempts
        self.nextAt = nextAt
        self.lastAt = lastAt
        self.status = status
        self.outcome = outcome
    }
}

/// Where deliveries are kept.
package protocol DeliveryTransaction {
    /// The time that everything in this transaction happens at.
    var time: Timestamp { get }
    /// Keeps an event for a target, to be delivered from now on. Gives its id. Where too many of the space wait already it
    /// is kept as failed, and says so.
    func enqueue(_ event: CloudEvent, to target: DeliveryTarget, space: String) throws -> Int
    /// Those that wait and are not held, by id from behind `after` on, in every space.
    func pendingDeliveries(after: Int, limit: Int) throws -> [Delivery]
    func delivery(_ id: Int) throws -> Delivery?
    /// Keeps what an attempt came to, and of those that have ended no more than a bounded number.
    func keep(_ delivery: Delivery) throws
    /// Newest first, those below `before`; without those of webhooks that have a name.
    func deliveries(space: String, before: Int?, limit: Int) throws -> [Delivery]
    func hasSpace(_ name: String) throws -> Bool
    func webhook(id: Int) throws -> Webhook?
    /// Keeps whatever of it may change.
    func update(_ webhook: Webhook) throws
}

/// Where Webhooks keeps what is on its way.
package typealias DeliveryUnitOfWork = any UnitOfWork<any DeliveryTransaction>
