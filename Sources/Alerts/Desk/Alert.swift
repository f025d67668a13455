package import Journal

/// What a rule said about an endpoint, from when it fired on.
package struct Alert: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        case firing, resolved
    }

    /// 1, 2, 3 ... in each space.
    package let number: Int
    package let space: String
    package let endpoint: String
    package let rule: String
    package let kind: AlertKind
    package var state: State
    package let firedAt: Timestamp
    package var resolvedAt: Timestamp?
    /// Why it ended.
    package var resolution: String
    /// As it was when it fired.
    package let evidence: AlertEvidence
    /// Whether somebody was told that it fires.
    package var isNotified: Bool
    package var acknowledgement: Acknowledgement?

    /// Somebody looks after it.
    package struct Acknowledgement: Sendable, Hashable {
        package let at: Timestamp
        package let by: String
        package let comment: String

        package init(at: Timestamp, by: String, comment: String) {
            self.at = at
            self.by = by
            self.comment = comment
        }
    }

    package init(
        number: Int, space: String, endpoint: String, rule: String, kind: AlertKind, state: State, firedAt: Timestamp,
        resolvedAt: Timestamp?, resolution: String, evidence: AlertEvidence, isNotified: Bool,
        acknowledgement: Acknowledgement?
    ) {
        self.number = number
        self.space = space
        self.endpoint = endpoint
        self.rule = rule
        self.kind = kind
        self.state = state
        self.firedAt = firedAt
        self.resolvedAt = resolvedAt
        self.resolution = resolution
        self.evidence = evidence
        self.isNotified = isNotified
        self.acknowledgement = acknowledgement
    }
}

/// Keeps notifications back for a while; states go on.
package struct Silence: Sendable, Hashable {
    /// 1, 2, 3 ... in each space.
    package let number: Int
    package let space: String
    /// `nil` for every endpoint of the space, and every rule.
    package let endpoint: String?
    package let rule: String?
    package let until: Timestamp
    package let reason: String
    package let createdBy: String
    package let createdAt: Timestamp
    /// When somebody ended it before its time.
    package let endedAt: Timestamp?

    package init(
        number: Int, space: String, endpoint: String?, rule: String?, until: Timestamp, reason: String,
        createdBy: String, createdAt: Timestamp, endedAt: Timestamp?
    ) {
        self.number = number
        self.space = space
        self.endpoint = endpoint
        self.rule = rule
        self.until = until
        self.reason = reason
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.endedAt = endedAt
    }

    package func isActive(at now: Timestamp) -> Bool { endedAt == nil && now < until }

    package func covers(endpoint: String, rule: String, at now: Timestamp) -> Bool {
        isActive(at: now) && (self.endpoint == nil || self.endpoint == endpoint)
            && (self.rule == nil || self.rule == rule)
    }
}

/// Which alerts a list is about.
package struct AlertFilter: Sendable, Hashable {
    package var space: String
    package var state: Alert.State?
    package var endpoint: String?

    package init(space: String, state: Alert.State? = nil, endpoint: String? = nil) {
        self.space = space
        self.state = state
        self.endpoint = endpoint
    }
}
