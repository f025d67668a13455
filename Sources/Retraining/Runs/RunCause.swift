package import Journal

/// Why a run was begun.
package struct RunCause: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable {
        /// Somebody asked for it.
        case request
        case schedule
        case labelledRows
        case alert
        case folder
    }

    package var kind: Kind
    /// One sentence for people, with the figures.
    package var sentence: String
    /// The number of the alert.
    package var alert: Int?

    package init(_ kind: Kind, _ sentence: String, alert: Int? = nil) {
        self.kind = kind
        self.sentence = sentence
        self.alert = alert
    }
}

/// An alert that is firing, as far as retraining is concerned.
package struct FiringAlert: Sendable, Hashable {
    /// 1, 2, 3 ... in each space.
    package var number: Int
    package var rule: String
    package var kind: String
    package var since: Timestamp
    /// One sentence with the figures.
    package var evidence: String

    package init(number: Int, rule: String, kind: String, since: Timestamp, evidence: String) {
        self.number = number
        self.rule = rule
        self.kind = kind
        self.since = since
        self.evidence = evidence
    }
}
