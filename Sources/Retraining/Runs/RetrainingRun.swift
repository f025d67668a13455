package import Journal

/// One run of a retraining rule, with everything that is known of it.
package struct RetrainingRun: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        /// Waits for others to end.
        case queued
        case running
        case succeeded
        case failed
        case cancelled
        /// It took longer than its rule lets it.
        case timedOut
        /// The server ended while it ran.
        case interrupted

        package var isOpen: Bool { self == .queued || self == .running }
    }

    /// What has become of what the run pushed.
    package struct FollowUp: Sendable, Hashable, Codable {
        package enum State: String, Sendable, Hashable, Codable {
            /// Nothing is asked for, or there is nothing to do it with.
            case none
            /// The promotion or the rollout is to be asked for.
            case due
            /// The promotion is under way.
            case promoting
            case done
            /// It was not allowed, or did not pass.
            case refused
        }

        package var state = State.none
        package var promotion: Int?
        package var rollout: Int?
        /// Why it was refused, or what is waited for.
        package var message = ""

        package init() {}

        package var isOpen: Bool { state == .due || state == .promoting }
    }

    /// 1, 2, 3 ... on each server.
    package var number: Int
    package var space: String
    package var endpoint: String
    package var model: String
    /// The space that owns the model, where new versions are pushed.
    package var modelSpace: String
    /// As the rule was when the run was asked for.
    package var rule: RetrainingRule
    package var cause: RunCause
    package var requestedBy: String
    package var requestedAt: Timestamp
    package var state = State.queued
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// The key that it was given; `nil` on a server that asks nobody who they are.
    package var keyID: String?
    package var exitCode: Int?
    /// Why it ended as it did, or what it waits for; one sentence.
    package var message = ""
    /// The version that it pushed last.
    package var version: Int?
    package var followUp = FollowUp()

    package init(
        number: Int, space: String, endpoint: String, model: String, modelSpace: String, rule: RetrainingRule,
        cause: RunCause, requestedBy: String, requestedAt: Timestamp
    ) {
        self.number = number
        self.space = space
        self.endpoint = endpoint
        self.model = model
        self.modelSpace = modelSpace
        self.rule = rule
        self.cause = cause
        self.requestedBy = requestedBy
        self.requestedAt = requestedAt
    }

    /// `retraining run 7 (rule nightly)`
    package var title: String { "retraining run \(number) (rule \(rule.name))" }
}

/// What changes about a run after it was asked for; kept as one document.
package struct RunProgress: Sendable, Hashable, Codable {
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    package var keyID: String?
    package var exitCode: Int?
    package var message: String
    package var version: Int?
    package var followUp: RetrainingRun.FollowUp
}

extension RetrainingRun {
    package var progress: RunProgress {
        get {
            RunProgress(
                startedAt: startedAt, endedAt: endedAt, keyID: keyID, exitCode: exitCode, message: message,
                version: version, followUp: followUp)
        }
        set {
            startedAt = newValue.startedAt
            endedAt = newValue.endedAt
            keyID = newValue.keyID
            exitCode = newValue.exitCode
            message = newValue.message
            version = newValue.version
            followUp = newValue.followUp
        }
    }
}
