package import Serving

/// What a rollout was asked to do; fixed from its request on.
package struct RolloutSpec: Sendable, Hashable, Codable {
    package static let defaultHoldSeconds = 120
    package static let defaultWatchSeconds = 60
    /// Share of failing requests above which a blue-green deploy is taken back.
    package static let defaultWatchErrorRate = 0.05
    /// Candidates at once at most.
    package static let maximumCandidates = 8
    package static let maximumSteps = 50

    package var strategy: RolloutStrategy
    /// Exactly one, but for A/B, which may have more.
    package var candidates: [RolloutCandidate]
    /// The candidate's share of the traffic, step by step; canary only, and all below the whole.
    package var steps: [RolloutStep]
    /// Whether the candidate takes over by itself once the last step has passed.
    package var promotesItself: Bool
    /// `nil`: every request is drawn anew.
    package var sticky: StickyKey?
    /// Whose each caller was before this rollout; `nil` in those that began before there were such tables.
    package var keys: KeyShares?
    /// Names a variant outright.
    package var variantHeader: String
    package var shadow: ShadowPlan?
    package var analysis: AnalysisSettings
    package var checks: [RolloutCheck]
    /// What outcomes are told of: for A/B to be reported, for a canary as its quality, one more metric of its analysis.
    package var metrics: [ExperimentMetric]?
    /// How long a blue-green rollout is watched after its switch.
    package var watchSeconds: Int
    /// Share of failing requests above which it is taken back.
    package var watchErrorRate: Double
    /// Seconds of serving after which a rollout that nobody ended goes back; `nil` for never.
    package var expiresSeconds: Int?

    package init(
        strategy: RolloutStrategy, candidates: [RolloutCandidate], steps: [RolloutStep] = [],
        promotesItself: Bool = false, sticky: StickyKey? = nil,
        variantHeader: String = TrafficPlan.defaultVariantHeader,
        shadow: ShadowPlan? = nil, analysis: AnalysisSettings = AnalysisSettings(), checks: [RolloutCheck] = [],
        metrics: [ExperimentMetric]? = nil,
        watchSeconds: Int = Self.defaultWatchSeconds, watchErrorRate: Double = Self.defaultWatchErrorRate,
        expiresSeconds: Int? = nil
    ) {
        self.strategy = strategy
        self.candidates = candidates
        self.steps = steps
        self.promotesItself = promotesItself
        self.sticky = sticky
        self.variantHeader = variantHeader
        self.shadow = shadow
        self.analysis = analysis
        self.checks = checks
        self.metrics = metrics
        self.watchSeconds = watchSeconds
        self.watchErrorRate = watchErrorRate
        self.expiresSeconds = expiresSeconds
    }

    /// Whether callers may tell what came of predictions.
    package var takesOutcomes: Bool {
        switch strategy {
        case .ab: true
        case .canary: metrics?.isEmpty == false
        case .blueGreen, .shadow: false
        }
    }

    /// Of ten thousand: what each variant gets in the step, stable first.
    package func shares(step: Int) -> [(variant: String, weight: Int)] {
        let weights = weights(step: step)
        return [(RolloutProgress.stable, TrafficPlan.whole - weights.reduce(0, +))]
            + zip(candidates, weights).map { ($0.variant, $1) }
    }

    /// Whose each caller is in the step; as before where callers are not told apart.
    package func keys(step: Int) -> KeyShares? {
        guard sticky != nil else { return keys }
        return (0...max(0, step)).reduce(keys) { $0?.moved(to: shares(step: $1)) }
    }

    /// Of ten thousand: what each candidate gets in the step.
    package func weights(step: Int) -> [Int] {
        switch strategy {
        case .canary: candidates.map { _ in steps.indices.contains(step) ? steps[step].weight : 0 }
        case .ab: candidates.map(\.weight)
        case .blueGreen, .shadow: candidates.map { _ in 0 }
        }
    }
}

/// A version that a rollout may lead to, under the name of its variant.
package struct RolloutCandidate: Sendable, Hashable, Codable {
    package var variant: String
    package var version: Int
    package var options: EndpointOptions
    /// Of ten thousand; A/B only.
    package var weight: Int

    package init(variant: String, version: Int, options: EndpointOptions, weight: Int = 0) {
        self.variant = variant
        self.version = version
        self.options = options
        self.weight = weight
    }
}

/// One step of a canary.
package struct RolloutStep: Sendable, Hashable, Codable {
    /// Of ten thousand.
    package var weight: Int
    package var holdSeconds: Int

    package init(weight: Int, holdSeconds: Int) {
        self.weight = weight
        self.holdSeconds = holdSeconds
    }
}

/// What the endpoint was when a rollout began: the way back.
package struct RolloutOrigin: Sendable, Hashable, Codable {
    package var version: Int
    package var revision: Int
    package var options: EndpointOptions

    package init(version: Int, revision: Int, options: EndpointOptions) {
        self.version = version
        self.revision = revision
        self.options = options
    }
}

extension RolloutStrategy {
    /// As people write it.
    package var words: String {
        switch self {
        case .blueGreen: "blue-green"
        case .canary: "canary"
        case .ab: "ab"
        case .shadow: "shadow"
        }
    }

    /// By the word that people write.
    package init?(words: String) {
        guard let found = Self.allCases.first(where: { $0.words == words }) else { return nil }
        self = found
    }
}
