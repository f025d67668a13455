/// The retraining rules of an endpoint.
public struct RetrainingInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    public var rules: [RetrainingRuleInfo]

    public init(endpoint: String, space: String, rules: [RetrainingRuleInfo]) {
        self.endpoint = endpoint
        self.space = space
        self.rules = rules
    }
}

/// One rule, and how it stands.
public struct RetrainingRuleInfo: Codable, Sendable, Hashable {
    public var name: String
    public var enabled: Bool
    /// What begins a run by itself, in words.
    public var when: String
    /// When its schedule names a moment next, RFC 3339 in UTC.
    public var next: String?
    /// Why no run is begun although there is a cause, or what is wrong.
    public var note: String?
    public var lastRun: RetrainingRunInfo?

    public init(
        name: String, enabled: Bool, when: String, next: String?, note: String?, lastRun: RetrainingRunInfo?
    ) {
        self.name = name
        self.enabled = enabled
        self.when = when
        self.next = next
        self.note = note
        self.lastRun = lastRun
    }
}

/// Asks for a run.
public struct RetrainingRequest: Codable, Sendable, Hashable {
    /// May be left out where the endpoint has one rule.
    public var rule: String?
    public var reason: String?

    public init(rule: String? = nil, reason: String? = nil) {
        self.rule = rule
        self.reason = reason
    }
}

/// How a run stands.
public enum RetrainingState: String, Codable, Sendable, Hashable, CaseIterable {
    case queued, running, succeeded, failed, cancelled, timedOut, interrupted
}

/// One run. Times are RFC 3339 in UTC.
public struct RetrainingRunInfo: Codable, Sendable, Hashable {
    /// 1, 2, 3 ... on each server.
    public var run: Int
    public var space: String
    public var endpoint: String
    public var model: String
    /// The space that owns the model, where the run pushes.
    public var modelSpace: String
    public var rule: String
    /// `request`, `schedule`, `labelledRows`, `alert` or `folder`.
    public var causeKind: String
    /// Why it was begun, in a sentence.
    public var cause: String
    /// The number of the alert that it was begun for.
    public var alert: Int?
    public var state: RetrainingState
    /// Why it ended so, or what it waits for.
    public var message: String
    public var command: [String]?
    public var webhook: String?
    public var requestedBy: String
    public var requestedAt: String
    public var startedAt: String?
    public var endedAt: String?
    public var exitCode: Int?
    /// The version that it pushed last.
    public var version: Int?
    /// What becomes of the version: absent where nothing is asked for.
    public var followUp: RetrainingFollowUpInfo?

    public init(
        run: Int, space: String, endpoint: String, model: String, modelSpace: String, rule: String, causeKind: String,
        cause: String, alert: Int?, state: RetrainingState, message: String, command: [String]?, webhook: String?,
        requestedBy: String, requestedAt: String, startedAt: String?, endedAt: String?, exitCode: Int?, version: Int?,
        followUp: RetrainingFollowUpInfo?
    ) {
        self.run = run
        self.space = space
        self.endpoint = endpoint
        self.model = model
        self.modelSpace = modelSpace
        self.rule = rule
        self.causeKind = causeKind
        self.cause = cause
        self.alert = alert
        self.state = state
        self.message = message
        self.command = command
        self.webhook = webhook
        self.requestedBy = requestedBy
        self.requestedAt = requestedAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.exitCode = exitCode
        self.version = version
        self.followUp = followUp
    }
}

/// What is done with what a run pushed.
public struct RetrainingFollowUpInfo: Codable, Sendable, Hashable {
    /// `none`, `due`, `promoting`, `done` or `refused`.
    public var state: String
    public var message: String
    public var promotion: Int?
    public var rollout: Int?

    public init(state: String, message: String, promotion: Int?, rollout: Int?) {
        self.state = state
        self.message = message
        self.promotion = promotion
        self.rollout = rollout
    }
}

/// The end of a run's log.
public struct RetrainingLogInfo: Codable, Sendable, Hashable {
    public var run: Int
    /// Bytes of all of it.
    public var bytes: Int
    public var text: String

    public init(run: Int, bytes: Int, text: String) {
        self.run = run
        self.bytes = bytes
        self.text = text
    }
}

/// What another system says of a run that it did.
public struct RetrainingReport: Codable, Sendable, Hashable {
    public var succeeded: Bool
    public var message: String?

    public init(succeeded: Bool, message: String? = nil) {
        self.succeeded = succeeded
        self.message = message
    }
}
