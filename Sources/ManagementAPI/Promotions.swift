/// Asks that a version of the space becomes available in another one.
public struct PromotionRequest: Codable, Sendable, Hashable {
    public var model: String
    public var version: Int
    /// The target space.
    public var to: String
    /// Free text, 4096 bytes at most, as are comments and other reasons.
    public var reason: String?

    public init(model: String, version: Int, to: String, reason: String? = nil) {
        self.model = model
        self.version = version
        self.to = to
        self.reason = reason
    }
}

/// Approves of a promotion.
public struct ApprovalRequest: Codable, Sendable, Hashable {
    public var comment: String?

    public init(comment: String? = nil) {
        self.comment = comment
    }
}

/// Ends a promotion: by rejecting it, or by taking it back.
public struct EndRequest: Codable, Sendable, Hashable {
    /// A rejection needs one.
    public var reason: String?

    public init(reason: String? = nil) {
        self.reason = reason
    }
}

/// How a check went that another system made.
public struct CheckReport: Codable, Sendable, Hashable {
    public enum Outcome: String, Codable, Sendable, Hashable, CaseIterable {
        case passed, failed
    }

    public var outcome: Outcome
    /// Where the evidence is: http or https, 2048 bytes at most.
    public var link: String?
    public var note: String?

    public init(outcome: Outcome, link: String? = nil, note: String? = nil) {
        self.outcome = outcome
        self.link = link
        self.note = note
    }
}

public enum PromotionState: String, Codable, Sendable, Hashable, CaseIterable {
    /// Its gates are being carried out.
    case checking
    /// All gates passed; people have to approve.
    case awaitingApproval
    /// The version is available in the target space.
    case applied
    /// A gate did not pass.
    case failed
    case rejected
    case withdrawn
    /// It lost its object: the version or a space went, or the version got there in another way.
    case superseded
}

/// A promotion with its evidence. Times are RFC 3339 in UTC.
public struct PromotionInfo: Codable, Sendable, Hashable {
    public var number: Int
    public var model: String
    public var version: Int
    /// The version's digest.
    public var digest: String
    public var from: String
    public var to: String
    public var state: PromotionState
    /// Why it ended, or what is waited for; one sentence.
    public var message: String
    public var reason: String
    public var requestedBy: String
    public var requestedAt: String
    /// Who pushed the version.
    public var pushedBy: String
    public var updatedAt: String
    /// How often the gates were begun; the figures are of the last time.
    public var run: Int
    /// The revision of the target's policy that the gates ran under.
    public var policyRevision: Int?
    /// What the version is compared with, as `churn:2`; absent when nothing is live.
    public var champion: String?
    /// Why the evidence is out of date, so that the gates will run again; absent when it is not.
    public var stale: String?
    public var gates: [GateInfo]
    public var approvals: ApprovalInfo
    public var changes: [ChangeInfo]
    public var steps: [StepInfo]

    public init(
        number: Int, model: String, version: Int, digest: String, from: String, to: String, state: PromotionState,
        message: String, reason: String, requestedBy: String, requestedAt: String, pushedBy: String, updatedAt: String,
        run: Int, policyRevision: Int?, champion: String?, stale: String?, gates: [GateInfo], approvals: ApprovalInfo,
        changes: [ChangeInfo], steps: [StepInfo]
    ) {
        self.number = number
        self.model = model
        self.version = version
        self.digest = digest
        self.from = from
        self.to = to
        self.state = state
        self.message = message
        self.reason = reason
        self.requestedBy = requestedBy
        self.requestedAt = requestedAt
        self.pushedBy = pushedBy
        self.updatedAt = updatedAt
        self.run = run
        self.policyRevision = policyRevision
        self.champion = champion
        self.stale = stale
        self.gates = gates
        self.approvals = approvals
        self.changes = changes
        self.steps = steps
    }
}

/// What one gate found out.
public struct GateInfo: Codable, Sendable, Hashable {
    public enum Outcome: String, Codable, Sendable, Hashable, CaseIterable {
        case pending, passed, failed
        /// It could not be carried out; it counts as failed.
        case error
    }

    public var name: String
    /// `holdout`, `data`, `signature`, `latency`, `integrity`, `shadow` or `external`.
    public var kind: String
    public var outcome: Outcome
    public var summary: String
    public var figures: [FigureInfo]
    public var notes: [String]
    public var link: String?
    /// What it is at, while it runs.
    public var progress: String?
    public var startedAt: String?
    public var endedAt: String?

    public init(
        name: String, kind: String, outcome: Outcome, summary: String, figures: [FigureInfo], notes: [String],
        link: String?, progress: String?, startedAt: String?, endedAt: String?
    ) {
        self.name = name
        self.kind = kind
        self.outcome = outcome
        self.summary = summary
        self.figures = figures
        self.notes = notes
        self.link = link
        self.progress = progress
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// One figure of a gate against its limit.
public struct FigureInfo: Codable, Sendable, Hashable {
    public var name: String
    /// The part of the data, as `region=north`; absent for all of it.
    public var segment: String?
    public var candidate: Double?
    public var champion: Double?
    /// The interval of the difference to the champion that decided: two numbers.
    public var interval: [Double]?
    public var limit: String?
    /// Absent where the figure decides nothing.
    public var passed: Bool?
    public var note: String?

    public init(
        name: String, segment: String?, candidate: Double?, champion: Double?, interval: [Double]?, limit: String?,
        passed: Bool?, note: String?
    ) {
        self.name = name
        self.segment = segment
        self.candidate = candidate
        self.champion = champion
        self.interval = interval
        self.limit = limit
        self.passed = passed
        self.note = note
    }
}

/// Who has approved, and what is missing.
public struct ApprovalInfo: Codable, Sendable, Hashable {
    public struct Given: Codable, Sendable, Hashable {
        public var by: String
        public var at: String
        public var comment: String

        public init(by: String, at: String, comment: String) {
            self.by = by
            self.at = at
            self.comment = comment
        }
    }

    /// How many the policy asks for.
    public var count: Int
    public var roles: [String]
    public var fourEyes: Bool
    /// Of the last run of the gates; earlier ones do not count.
    public var given: [Given]
    public var missing: Int
    /// Who could give a missing one, as far as the server knows.
    public var possible: [String]

    public init(count: Int, roles: [String], fourEyes: Bool, given: [Given], missing: Int, possible: [String]) {
        self.count = count
        self.roles = roles
        self.fourEyes = fourEyes
        self.given = given
        self.missing = missing
        self.possible = possible
    }
}

/// One thing that tells the version from the champion.
public struct ChangeInfo: Codable, Sendable, Hashable {
    public var name: String
    public var champion: String?
    public var candidate: String?
    /// Candidate less champion, where both are numbers.
    public var difference: Double?

    public init(name: String, champion: String?, candidate: String?, difference: Double?) {
        self.name = name
        self.champion = champion
        self.candidate = candidate
        self.difference = difference
    }
}

/// One thing that happened to a promotion; none is ever changed.
public struct StepInfo: Codable, Sendable, Hashable {
    public var number: Int
    public var at: String
    public var by: String
    /// `requested`, `checking`, `reported`, `stale`, `approved`, `rejected`, `withdrawn`, `superseded`, `failed`, `applied`.
    public var kind: String
    /// In a sentence, what happened.
    public var text: String

    public init(number: Int, at: String, by: String, kind: String, text: String) {
        self.number = number
        self.at = at
        self.by = by
        self.kind = kind
        self.text = text
    }
}

/// The answer to an approval.
public struct ApprovalAnswer: Codable, Sendable, Hashable {
    /// False when the evidence was out of date: then the gates run again, and the approval has to be given again.
    public var counted: Bool
    public var promotion: PromotionInfo

    public init(counted: Bool, promotion: PromotionInfo) {
        self.counted = counted
        self.promotion = promotion
    }
}

/// Why an endpoint serves what it serves, and what stands between it and the next version.
public struct WhyReport: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    public var model: String
    /// What is live; absent while nothing is deployed at the endpoint.
    public var version: Int?
    /// In plain sentences, in the order of reading.
    public var live: [String]
    /// The promotion that brought the version here; absent for one that was pushed here.
    public var promotion: PromotionInfo?
    /// What blocks the next version, or what to do next.
    public var next: [String]

    public init(
        endpoint: String, space: String, model: String, version: Int?, live: [String], promotion: PromotionInfo?,
        next: [String]
    ) {
        self.endpoint = endpoint
        self.space = space
        self.model = model
        self.version = version
        self.live = live
        self.promotion = promotion
        self.next = next
    }
}
