/// Asks that an endpoint moves to another version. What is absent has its default; `docs/reference/rollout.md` describes
/// each field, and which of them a strategy takes.
public struct RolloutRequest: Codable, Sendable, Hashable {
    /// The version to go to: `churn:2`, or `2`.
    public var to: String?
    /// `canary` unless given; `blue-green`, `ab` or `shadow`.
    public var strategy: String?
    /// The candidate's share of the traffic in percent, step by step; a last one of 100 promotes it.
    public var steps: [Double]?
    /// How long each step is held: `2m`.
    public var hold: String?
    /// For `ab` with one candidate: its share in percent.
    public var weight: Double?
    public var variants: [RolloutVariantRequest]?
    public var sticky: StickyRequest?
    /// The header that names a variant outright, where another than `slipway-variant`.
    public var header: String?
    /// For `blue-green`: how long the old version waits to come back.
    public var watch: String?
    /// For `blue-green`: the share of failing requests, from 0 to 1, above which it does.
    public var maxErrorRate: Double?
    public var shadow: ShadowRequest?
    /// The limits of the analysis, by name.
    public var analysis: [String: PolicyField]?
    /// What other systems are asked, each with its fields by name.
    public var checks: [[String: PolicyField]]?
    /// For `canary` and `ab`: what outcomes are told of.
    public var metrics: [ExperimentMetricRequest]?
    /// After how long of serving it goes back by itself.
    public var expires: String?
    /// Free text for the history, 4096 bytes at most.
    public var reason: String?

    public init(to: String? = nil, strategy: String? = nil) {
        self.to = to
        self.strategy = strategy
    }
}

/// One version of an A/B rollout, under its name.
public struct RolloutVariantRequest: Codable, Sendable, Hashable {
    public var name: String
    public var to: String
    /// In percent.
    public var weight: Double

    public init(name: String, to: String, weight: Double) {
        self.name = name
        self.to = to
        self.weight = weight
    }
}

/// What an A/B rollout is about, or what must not become worse meanwhile.
public struct ExperimentMetricRequest: Codable, Sendable, Hashable {
    public var name: String
    /// Which way is better: `higher` unless given, or `lower`.
    public var better: String?
    /// `goal` unless given, or `guardrail`.
    public var role: String?
    /// Of a guardrail: how much worse it may be.
    public var margin: Double?

    public init(name: String, better: String? = nil, role: String? = nil, margin: Double? = nil) {
        self.name = name
        self.better = better
        self.role = role
        self.margin = margin
    }
}

/// What callers are told apart by; exactly one of the three.
public struct StickyRequest: Codable, Sendable, Hashable {
    public var header: String?
    public var parameter: String?
    public var input: String?

    public init(header: String? = nil, parameter: String? = nil, input: String? = nil) {
        self.header = header
        self.parameter = parameter
        self.input = input
    }
}

/// What a shadow candidate sees, and what counts as the same answer.
public struct ShadowRequest: Codable, Sendable, Hashable {
    /// How far two numbers may be apart.
    public struct Tolerance: Codable, Sendable, Hashable {
        public var relative: Double?
        public var absolute: Double?

        public init(relative: Double? = nil, absolute: Double? = nil) {
            self.relative = relative
            self.absolute = absolute
        }
    }

    /// In percent of the requests.
    public var share: Double?
    /// Requests that may wait for the candidate.
    public var queue: Int?
    public var relative: Double?
    public var absolute: Double?
    /// An input by whose value rows are counted apart as well.
    public var segment: String?
    /// By output.
    public var outputs: [String: Tolerance]?

    public init(
        share: Double? = nil, queue: Int? = nil, relative: Double? = nil, absolute: Double? = nil,
        segment: String? = nil, outputs: [String: Tolerance]? = nil
    ) {
        self.share = share
        self.queue = queue
        self.relative = relative
        self.absolute = absolute
        self.segment = segment
        self.outputs = outputs
    }
}

/// What somebody decides about a rollout.
public struct RolloutDecision: Codable, Sendable, Hashable {
    /// Free text for the history; a rejection needs it.
    public var reason: String?
    /// For a promotion among several candidates: which.
    public var variant: String?

    public init(reason: String? = nil, variant: String? = nil) {
        self.reason = reason
        self.variant = variant
    }
}

/// Asks that an endpoint becomes what it was.
public struct RollbackRequest: Codable, Sendable, Hashable {
    /// The revision to become equal to; what served before when absent.
    public var to: Int?
    public var reason: String?

    public init(to: Int? = nil, reason: String? = nil) {
        self.to = to
        self.reason = reason
    }
}

public enum RolloutState: String, Codable, Sendable, Hashable, CaseIterable {
    case preparing
    /// People have to approve of it before it begins.
    case awaitingApproval
    /// Its weights hold, and it is judged.
    case running
    /// Its weights hold until somebody resumes it; a failure ends it all the same.
    case paused
    /// All traffic is with the new version; the old one waits to come back.
    case watching
    /// The candidate is what the endpoint serves.
    case promoted
    case aborted
    /// It failed: all traffic is with the old version again.
    case rolledBack
    case expired
}

/// A rollout with its evidence. Times are RFC 3339 in UTC.
public struct RolloutInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    /// 1, 2, 3 ... for each endpoint name, for ever.
    public var rollout: Int
    public var strategy: String
    public var state: RolloutState
    /// What is waited for, or why it ended; one sentence, may be empty.
    public var message: String
    public var model: String
    /// What served when it began.
    public var fromVersion: Int
    public var fromRevision: Int
    /// What takes part, the stable version first.
    public var variants: [RolloutVariantInfo]
    /// What is held now, of a rollout in steps.
    public var step: RolloutStepInfo?
    /// What callers are told apart by: `header x-user`; absent where each request is drawn anew.
    public var sticky: String?
    /// Seconds that have been served since it began.
    public var servedSeconds: Double
    /// What the analysis has come to: `pass`, `fail` or `inconclusive`; absent where nothing is judged.
    public var verdict: String?
    /// What the verdict rests on, in a sentence.
    public var evidence: String
    public var metrics: [RolloutMetricInfo]
    public var checks: [RolloutCheckInfo]
    /// Absent where the policy asked for none.
    public var approvals: ApprovalInfo?
    public var reason: String
    public var requestedBy: String
    public var requestedAt: String
    public var updatedAt: String
    public var steps: [StepInfo]

    public init(
        endpoint: String, space: String, rollout: Int, strategy: String, state: RolloutState, message: String,
        model: String, fromVersion: Int, fromRevision: Int, variants: [RolloutVariantInfo], step: RolloutStepInfo?,
        sticky: String?, servedSeconds: Double, verdict: String?, evidence: String, metrics: [RolloutMetricInfo],
        checks: [RolloutCheckInfo], approvals: ApprovalInfo?, reason: String, requestedBy: String,
        requestedAt: String, updatedAt: String, steps: [StepInfo]
    ) {
        self.endpoint = endpoint
        self.space = space
        self.rollout = rollout
        self.strategy = strategy
        self.state = state
        self.message = message
        self.model = model
        self.fromVersion = fromVersion
        self.fromRevision = fromRevision
        self.variants = variants
        self.step = step
        self.sticky = sticky
        self.servedSeconds = servedSeconds
        self.verdict = verdict
        self.evidence = evidence
        self.metrics = metrics
        self.checks = checks
        self.approvals = approvals
        self.reason = reason
        self.requestedBy = requestedBy
        self.requestedAt = requestedAt
        self.updatedAt = updatedAt
        self.steps = steps
    }
}

/// One version that takes part in a rollout.
public struct RolloutVariantInfo: Codable, Sendable, Hashable {
    public var variant: String
    public var version: Int
    /// In percent, now; 0 once the rollout has ended.
    public var weight: Double
    /// That were given to it by its weight since the rollout began, and those that failed.
    public var requests: Int
    public var errors: Int

    public init(variant: String, version: Int, weight: Double, requests: Int, errors: Int) {
        self.variant = variant
        self.version = version
        self.weight = weight
        self.requests = requests
        self.errors = errors
    }
}

/// Where a rollout in steps stands.
public struct RolloutStepInfo: Codable, Sendable, Hashable {
    /// From 1.
    public var step: Int
    public var of: Int
    /// The candidate's share in percent, step by step.
    public var weights: [Double]
    /// Seconds that this step is held, and has been held.
    public var holdSeconds: Double
    public var heldSeconds: Double
    /// Whether it promotes itself after the last step.
    public var promotesItself: Bool

    public init(
        step: Int, of: Int, weights: [Double], holdSeconds: Double, heldSeconds: Double, promotesItself: Bool
    ) {
        self.step = step
        self.of = of
        self.weights = weights
        self.holdSeconds = holdSeconds
        self.heldSeconds = heldSeconds
        self.promotesItself = promotesItself
    }
}

/// One figure of the analysis.
public struct RolloutMetricInfo: Codable, Sendable, Hashable {
    /// The candidate that it is about.
    public var variant: String
    /// `errors`, `nonFinite`, `p50`, `p99`, `output NAME`, `quality NAME`, `check NAME`.
    public var name: String
    public var stable: Double?
    public var canary: Double?
    /// `share`, `ms`, `distance`, `loss`, or empty.
    public var unit: String
    public var limit: Double?
    /// The odds against this being chance, and those at which the candidate fails.
    public var odds: Double?
    public var needed: Double?
    public var stableSamples: Int
    public var canarySamples: Int
    public var verdict: String
    public var sentence: String

    public init(
        variant: String, name: String, stable: Double?, canary: Double?, unit: String, limit: Double?, odds: Double?,
        needed: Double?, stableSamples: Int, canarySamples: Int, verdict: String, sentence: String
    ) {
        self.variant = variant
        self.name = name
        self.stable = stable
        self.canary = canary
        self.unit = unit
        self.limit = limit
        self.odds = odds
        self.needed = needed
        self.stableSamples = stableSamples
        self.canarySamples = canarySamples
        self.verdict = verdict
        self.sentence = sentence
    }
}

/// What another system said last.
public struct RolloutCheckInfo: Codable, Sendable, Hashable {
    public var name: String
    /// `passed`, `failed` or `unavailable`; absent before the first answer.
    public var outcome: String?
    public var detail: String
    public var at: String?

    public init(name: String, outcome: String?, detail: String, at: String?) {
        self.name = name
        self.outcome = outcome
        self.detail = detail
        self.at = at
    }
}

/// What was live at an endpoint at some moment.
public struct LiveInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    public var at: String
    /// The revision that held; absent where nothing was deployed.
    public var revision: RevisionInfo?
    /// Of a rollout that shared the traffic then.
    public var rollout: Int?
    /// Each variant's share then; one of 100 percent where no rollout was open.
    public var variants: [RolloutVariantInfo]
    /// All of it in a sentence.
    public var message: String

    public init(
        endpoint: String, space: String, at: String, revision: RevisionInfo?, rollout: Int?,
        variants: [RolloutVariantInfo], message: String
    ) {
        self.endpoint = endpoint
        self.space = space
        self.at = at
        self.revision = revision
        self.rollout = rollout
        self.variants = variants
        self.message = message
    }
}
