package import Journal

/// What another system is asked about a candidate while a rollout is open.
package struct RolloutCheck: Sendable, Hashable, Codable {
    package static let maximum = 16
    package static let defaultEverySeconds = 30
    package static let defaultTimeoutSeconds = 5

    package enum Question: Sendable, Hashable, Codable {
        /// A Prometheus instant query at the server `url`; its one number must lie within the limits.
        case prometheus(url: String, query: String, minimum: Double?, maximum: Double?)
        /// A POST to `url`, answered by 2xx and `{"passed": true}`.
        case webhook(url: String)
    }

    package var name: String
    package var question: Question
    /// Between the end of one answer and the next question.
    package var everySeconds: Int
    package var timeoutSeconds: Int

    package init(
        name: String, question: Question, everySeconds: Int = Self.defaultEverySeconds,
        timeoutSeconds: Int = Self.defaultTimeoutSeconds
    ) {
        self.name = name
        self.question = question
        self.everySeconds = everySeconds
        self.timeoutSeconds = timeoutSeconds
    }
}

/// What a check answered, and when.
package struct RolloutCheckAnswer: Sendable, Hashable, Codable {
    package var result: CheckResult
    package var at: Timestamp

    package init(result: CheckResult, at: Timestamp) {
        self.result = result
        self.at = at
    }
}

/// What a check is told about the rollout that it is asked for.
package struct RolloutCheckSubject: Sendable, Hashable, Codable {
    package var space: String
    package var endpoint: String
    package var rollout: Int
    package var model: String
    package var stableVersion: Int
    package var candidateVersion: Int
    /// From 1.
    package var step: Int

    package init(
        space: String, endpoint: String, rollout: Int, model: String, stableVersion: Int, candidateVersion: Int,
        step: Int
    ) {
        self.space = space
        self.endpoint = endpoint
        self.rollout = rollout
        self.model = model
        self.stableVersion = stableVersion
        self.candidateVersion = candidateVersion
        self.step = step
    }
}

/// Who asks other systems.
///
/// An implementation promises to answer within the check's timeout, whatever the other side does.
package protocol RolloutCheckRunning: Sendable {
    func ask(_ check: RolloutCheck, about subject: RolloutCheckSubject) async -> CheckResult
}
