/// Somebody who is told of what happens in a space, or in the whole server.
public struct WebhookInfo: Codable, Sendable, Hashable {
    /// Its name.
    public var webhook: String
    /// Absent for one of the whole server.
    public var space: String?
    /// Without what may be a secret in it.
    public var target: String
    /// The name of the secret of the server's settings that signs; absent for the one that the space has of itself.
    public var secret: String?
    /// `promotion.*`, `deployment.created`, or `*`.
    public var events: [String]
    /// `active` or `paused`.
    public var state: String
    public var pausedAt: String?
    /// `server` where it failed for too long.
    public var pausedBy: String?
    public var reason: String?
    /// Since when nothing has arrived; absent while everything does.
    public var failingSince: String?
    public var lastFailure: String?
    public var lastDeliveredAt: String?
    /// Deliveries that wait.
    public var pending: Int
    public var revision: Int
    public var createdAt: String
    public var createdBy: String

    public init(
        webhook: String, space: String?, target: String, secret: String?, events: [String], state: String,
        pausedAt: String?, pausedBy: String?, reason: String?, failingSince: String?, lastFailure: String?,
        lastDeliveredAt: String?, pending: Int, revision: Int, createdAt: String, createdBy: String
    ) {
        self.webhook = webhook
        self.space = space
        self.target = target
        self.secret = secret
        self.events = events
        self.state = state
        self.pausedAt = pausedAt
        self.pausedBy = pausedBy
        self.reason = reason
        self.failingSince = failingSince
        self.lastFailure = lastFailure
        self.lastDeliveredAt = lastDeliveredAt
        self.pending = pending
        self.revision = revision
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

public struct WebhookRequest: Codable, Sendable, Hashable {
    public var name: String
    public var url: String
    /// The name of a secret among the server's settings; the space's own signs unless given.
    public var secret: String?
    /// Everything unless given.
    public var events: [String]?

    public init(name: String, url: String, secret: String? = nil, events: [String]? = nil) {
        self.name = name
        self.url = url
        self.secret = secret
        self.events = events
    }
}

/// What is absent stays as it was.
public struct WebhookUpdate: Codable, Sendable, Hashable {
    public var url: String?
    /// Empty for the space's own.
    public var secret: String?
    public var events: [String]?

    public init(url: String? = nil, secret: String? = nil, events: [String]? = nil) {
        self.url = url
        self.secret = secret
        self.events = events
    }
}

public struct WebhookResumeRequest: Codable, Sendable, Hashable {
    /// Whether what happened while it was paused is passed over.
    public var fromNow: Bool?

    public init(fromNow: Bool? = nil) {
        self.fromNow = fromNow
    }
}
