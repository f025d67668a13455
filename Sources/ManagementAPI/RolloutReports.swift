/// What came of predictions, told to the A/B rollout that is open at an endpoint.
public struct OutcomesRequest: Codable, Sendable, Hashable {
    public var outcomes: [OutcomeRequest]

    public init(outcomes: [OutcomeRequest]) {
        self.outcomes = outcomes
    }
}

/// Exactly one of `prediction` and `key` says what it is about. Told again, the later value counts.
public struct OutcomeRequest: Codable, Sendable, Hashable {
    /// The `slipway-prediction-id` of an answer.
    public var prediction: String?
    /// What the rollout is sticky by.
    public var key: String?
    /// By metric.
    public var values: [String: Double]

    public init(prediction: String? = nil, key: String? = nil, values: [String: Double]) {
        self.prediction = prediction
        self.key = key
        self.values = values
    }
}

public struct OutcomesAnswer: Codable, Sendable, Hashable {
    public var rollout: Int
    public var accepted: Int
    /// Predictions that no variant of the rollout made, or too long ago, or for a caller who named the variant.
    public var unknown: Int

    public init(rollout: Int, accepted: Int, unknown: Int) {
        self.rollout = rollout
        self.accepted = accepted
        self.unknown = unknown
    }
}

/// What a rollout has found out by comparing: one of the two, by its strategy.
public struct RolloutReportInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    public var rollout: Int
    public var strategy: String
    public var state: RolloutState
    public var model: String
    /// A/B: `invalid`, `harmful`, `better`, `worse`, `undecided`. Shadow: `pass`, `fail`, `inconclusive`.
    public var verdict: String
    /// What decided.
    public var sentence: String
    public var experiment: ExperimentInfo?
    public var shadow: ShadowInfo?

    public init(
        endpoint: String, space: String, rollout: Int, strategy: String, state: RolloutState, model: String,
        verdict: String, sentence: String, experiment: ExperimentInfo? = nil, shadow: ShadowInfo? = nil
    ) {
        self.endpoint = endpoint
        self.space = space
        self.rollout = rollout
        self.strategy = strategy
        self.state = state
        self.model = model
        self.verdict = verdict
        self.sentence = sentence
        self.experiment = experiment
        self.shadow = shadow
    }
}

/// A/B: every interval holds at all times at once, so that one may look whenever one likes.
public struct ExperimentInfo: Codable, Sendable, Hashable {
    public struct Arm: Codable, Sendable, Hashable {
        public var variant: String
        public var version: Int
        /// In percent.
        public var weight: Double
        public var requests: Int
        public var errors: Int
        /// Keys or predictions of which an outcome is known.
        public var units: Int

        public init(variant: String, version: Int, weight: Double, requests: Int, errors: Int, units: Int) {
            self.variant = variant
            self.version = version
            self.weight = weight
            self.requests = requests
            self.errors = errors
            self.units = units
        }
    }

    /// One metric of one candidate beside stable.
    public struct Metric: Codable, Sendable, Hashable {
        public var name: String
        /// `goal` or `guardrail`.
        public var role: String
        /// Which way is better: `higher` or `lower`.
        public var better: String
        /// Of a guardrail: how much worse it may be.
        public var margin: Double
        public var variant: String
        public var stableCount: Int
        public var stableMean: Double?
        public var count: Int
        public var mean: Double?
        /// The difference of the means, with its interval; absent while there are too few outcomes.
        public var difference: Double?
        public var low: Double?
        public var high: Double?
        /// The difference as a share of stable's mean.
        public var lift: Double?
        public var liftLow: Double?
        public var liftHigh: Double?
        /// The difference in standard deviations: Cohen's d.
        public var standardized: Double?
        /// Valid at any time.
        public var pValue: Double?
        public var verdict: String
        public var sentence: String

        public init(
            name: String, role: String, better: String, margin: Double, variant: String, stableCount: Int,
            stableMean: Double?, count: Int, mean: Double?, verdict: String, sentence: String
        ) {
            self.name = name
            self.role = role
            self.better = better
            self.margin = margin
            self.variant = variant
            self.stableCount = stableCount
            self.stableMean = stableMean
            self.count = count
            self.mean = mean
            self.verdict = verdict
            self.sentence = sentence
        }
    }

    public var arms: [Arm]
    /// What is dealt out by the weights: `requests`, or `keys` where callers stay with their variant.
    public var ratioUnit: String?
    /// How likely the counts are by the weights; below 0.001 something keeps some away, and no figure is to be believed.
    public var ratioPValue: Double?
    public var metrics: [Metric]

    public init(arms: [Arm], ratioUnit: String?, ratioPValue: Double?, metrics: [Metric]) {
        self.arms = arms
        self.ratioUnit = ratioUnit
        self.ratioPValue = ratioPValue
        self.metrics = metrics
    }
}

/// What a shadow candidate's answers were like beside those that callers got.
public struct ShadowInfo: Codable, Sendable, Hashable {
    /// How many of how many, with the interval that holds the true share at all times at once.
    public struct Share: Codable, Sendable, Hashable {
        public var count: Int
        public var of: Int
        public var share: Double?
        public var low: Double
        public var high: Double

        public init(count: Int, of: Int, share: Double?, low: Double, high: Double) {
            self.count = count
            self.of = of
            self.share = share
            self.low = low
            self.high = high
        }
    }

    /// Rows that disagree, by output or by segment.
    public struct Part: Codable, Sendable, Hashable {
        /// Absent for all segments that have no line of their own.
        public var name: String?
        public var rows: Share
        public var largestDifference: Double?
        public var meanDifference: Double?

        public init(name: String?, rows: Share, largestDifference: Double?, meanDifference: Double?) {
            self.name = name
            self.rows = rows
            self.largestDifference = largestDifference
            self.meanDifference = meanDifference
        }
    }

    /// One row with both answers.
    public struct WorstRow: Codable, Sendable, Hashable {
        public var prediction: String
        public var row: Int
        public var segment: String?
        public var output: String
        /// In multiples of what the tolerance allows.
        public var badness: Double
        public var primary: [String]
        public var candidate: [String]

        public init(
            prediction: String, row: Int, segment: String?, output: String, badness: Double, primary: [String],
            candidate: [String]
        ) {
            self.prediction = prediction
            self.row = row
            self.segment = segment
            self.output = output
            self.badness = badness
            self.primary = primary
            self.candidate = candidate
        }
    }

    /// Of both, in milliseconds in the model.
    public struct Latency: Codable, Sendable, Hashable {
        public var primary: Double?
        public var candidate: Double?

        public init(primary: Double?, candidate: Double?) {
            self.primary = primary
            self.candidate = candidate
        }
    }

    /// The share of disagreements up to which it passes.
    public var maxDisagreement: Double
    /// Requests that were answered otherwise, or not at all.
    public var disagreements: Share
    public var errors: Int
    public var lastError: String?
    public var mirrored: Int
    public var dropped: Int
    public var rows: Share
    public var outputs: [Part]
    public var segments: [Part]
    public var worst: [WorstRow]
    public var p50: Latency
    public var p99: Latency

    public init(
        maxDisagreement: Double, disagreements: Share, errors: Int, lastError: String?, mirrored: Int, dropped: Int,
        rows: Share, outputs: [Part], segments: [Part], worst: [WorstRow], p50: Latency, p99: Latency
    ) {
        self.maxDisagreement = maxDisagreement
        self.disagreements = disagreements
        self.errors = errors
        self.lastError = lastError
        self.mirrored = mirrored
        self.dropped = dropped
        self.rows = rows
        self.outputs = outputs
        self.segments = segments
        self.worst = worst
        self.p50 = p50
        self.p99 = p99
    }
}
