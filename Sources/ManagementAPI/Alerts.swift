/// An alert: what a rule said about an endpoint. Times are RFC 3339 in UTC.
public struct AlertInfo: Codable, Sendable, Hashable {
    public struct Figure: Codable, Sendable, Hashable {
        public var name: String
        public var value: Double
        /// What the value was held against.
        public var bound: Double?
        /// `ms`, `share`, `requests`; empty for a bare number.
        public var unit: String

        public init(name: String, value: Double, bound: Double?, unit: String) {
            self.name = name
            self.value = value
            self.bound = bound
            self.unit = unit
        }
    }

    /// Where there is more to see.
    public struct Link: Codable, Sendable, Hashable {
        public var title: String
        /// A path of the server's interface.
        public var path: String?
        public var command: String?

        public init(title: String, path: String?, command: String?) {
            self.title = title
            self.path = path
            self.command = command
        }
    }

    /// 1, 2, 3 ... in each space.
    public var alert: Int
    public var space: String
    public var endpoint: String
    public var rule: String
    /// `errors`, `latency`, `traffic`, `drift`, `quality` or `ledger`.
    public var kind: String
    /// `firing` or `resolved`.
    public var state: String
    public var summary: String
    public var firedAt: String
    public var resolvedAt: String?
    /// Why it ended.
    public var resolution: String?
    /// The version that it is about.
    public var version: Int?
    /// Seconds that the figures are about.
    public var windowSeconds: Int?
    public var figures: [Figure]
    public var links: [Link]
    /// Whether somebody was told that it fires.
    public var notified: Bool
    public var acknowledgedAt: String?
    public var acknowledgedBy: String?
    public var comment: String?

    public init(
        alert: Int, space: String, endpoint: String, rule: String, kind: String, state: String, summary: String,
        firedAt: String, resolvedAt: String?, resolution: String?, version: Int?, windowSeconds: Int?,
        figures: [Figure], links: [Link], notified: Bool, acknowledgedAt: String?, acknowledgedBy: String?,
        comment: String?
    ) {
        self.alert = alert
        self.space = space
        self.endpoint = endpoint
        self.rule = rule
        self.kind = kind
        self.state = state
        self.summary = summary
        self.firedAt = firedAt
        self.resolvedAt = resolvedAt
        self.resolution = resolution
        self.version = version
        self.windowSeconds = windowSeconds
        self.figures = figures
        self.links = links
        self.notified = notified
        self.acknowledgedAt = acknowledgedAt
        self.acknowledgedBy = acknowledgedBy
        self.comment = comment
    }
}

/// Says that somebody looks after an alert.
public struct AcknowledgeRequest: Codable, Sendable, Hashable {
    public var comment: String?

    public init(comment: String? = nil) {
        self.comment = comment
    }
}

/// A rule at work at an endpoint, and what it says now.
public struct AlertRuleInfo: Codable, Sendable, Hashable {
    public var rule: String
    public var kind: String
    /// `ok`, `pending`, `firing`; `unknown` where there is nothing to judge by.
    public var state: String
    /// The alert that fires.
    public var alert: Int?
    /// Seconds that its condition must hold before it fires, and must not before it ends.
    public var forSeconds: Int
    public var resolveAfterSeconds: Int
    public var summary: String

    public init(
        rule: String, kind: String, state: String, alert: Int?, forSeconds: Int, resolveAfterSeconds: Int,
        summary: String
    ) {
        self.rule = rule
        self.kind = kind
        self.state = state
        self.alert = alert
        self.forSeconds = forSeconds
        self.resolveAfterSeconds = resolveAfterSeconds
        self.summary = summary
    }
}

/// Keeps messages of alerts back: for `seconds`, or `until` a moment.
public struct SilenceRequest: Codable, Sendable, Hashable {
    /// All of the space unless given.
    public var endpoint: String?
    public var rule: String?
    public var seconds: Int?
    public var until: String?
    public var reason: String?

    public init(
        endpoint: String? = nil, rule: String? = nil, seconds: Int? = nil, until: String? = nil, reason: String? = nil
    ) {
        self.endpoint = endpoint
        self.rule = rule
        self.seconds = seconds
        self.until = until
        self.reason = reason
    }
}

public struct SilenceInfo: Codable, Sendable, Hashable {
    /// 1, 2, 3 ... in each space.
    public var silence: Int
    public var space: String
    public var endpoint: String?
    public var rule: String?
    public var until: String
    public var reason: String
    public var createdBy: String
    public var createdAt: String
    /// When somebody ended it before its time.
    public var endedAt: String?
    public var active: Bool

    public init(
        silence: Int, space: String, endpoint: String?, rule: String?, until: String, reason: String,
        createdBy: String, createdAt: String, endedAt: String?, active: Bool
    ) {
        self.silence = silence
        self.space = space
        self.endpoint = endpoint
        self.rule = rule
        self.until = until
        self.reason = reason
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.endedAt = endedAt
        self.active = active
    }
}

/// A message on its way to one target.
public struct DeliveryInfo: Codable, Sendable, Hashable {
    public var delivery: Int
    /// Empty for a webhook of the whole server.
    public var space: String
    /// The name of the webhook that it is for; absent where a rule or a setting says where it goes.
    public var webhook: String?
    /// The id and type of the event; a receiver sees the id in the header `webhook-id`.
    public var event: String
    public var type: String
    /// What it is about: `alerts/12`.
    public var subject: String
    /// Without what may be a secret in it.
    public var target: String
    /// `pending`, `delivered` or `failed`.
    public var state: String
    public var attempts: Int
    /// What the last attempt came to.
    public var outcome: String
    /// The status that the receiver answered, or the exit code of a command.
    public var status: Int?
    public var createdAt: String
    public var lastAt: String?
    public var nextAt: String?
    /// The event as it was sent, where one delivery is asked for.
    public var body: String?

    public init(
        delivery: Int, space: String, webhook: String? = nil, event: String, type: String, subject: String,
        target: String, state: String,
        attempts: Int, outcome: String, status: Int?, createdAt: String, lastAt: String?, nextAt: String?,
        body: String? = nil
    ) {
        self.delivery = delivery
        self.space = space
        self.webhook = webhook
        self.event = event
        self.type = type
        self.subject = subject
        self.target = target
        self.state = state
        self.attempts = attempts
        self.outcome = outcome
        self.status = status
        self.createdAt = createdAt
        self.lastAt = lastAt
        self.nextAt = nextAt
        self.body = body
    }
}

/// A test of the targets of an endpoint's alerts, or of one webhook.
public struct AlertTestRequest: Codable, Sendable, Hashable {
    public var endpoint: String?
    public var webhook: String?
    /// The name of a secret among the server's settings.
    public var secret: String?

    public init(endpoint: String? = nil, webhook: String? = nil, secret: String? = nil) {
        self.endpoint = endpoint
        self.webhook = webhook
        self.secret = secret
    }
}

/// What webhooks of a space are signed with where they name no secret.
public struct WebhookSecretInfo: Codable, Sendable, Hashable {
    public var space: String
    /// `whsec_` and base64, as libraries of Standard Webhooks take it.
    public var secret: String

    public init(space: String, secret: String) {
        self.space = space
        self.secret = secret
    }
}
