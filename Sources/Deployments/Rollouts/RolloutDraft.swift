import Governance
import Journal
package import Serving

/// A rollout as somebody asks for it: what does not depend on what the endpoint is now.
package struct RolloutDraft: Sendable, Hashable {
    package struct Candidate: Sendable, Hashable {
        package var variant: String
        /// The model's name, where it was given: it must be the endpoint's.
        package var model: String?
        package var version: Int
        /// Of ten thousand; A/B only.
        package var weight: Int
    }

    package var strategy: RolloutStrategy
    package var candidates: [Candidate]
    package var steps: [RolloutStep] = []
    package var promotesItself = false
    package var sticky: StickyKey?
    package var variantHeader = TrafficPlan.defaultVariantHeader
    package var shadow: ShadowPlan?
    package var analysis = AnalysisSettings()
    package var checks: [RolloutCheck] = []
    package var metrics: [ExperimentMetric]?
    package var watchSeconds = RolloutSpec.defaultWatchSeconds
    package var watchErrorRate = RolloutSpec.defaultWatchErrorRate
    package var expiresSeconds: Int?
    package var reason = ""

    package init(strategy: RolloutStrategy, candidates: [Candidate]) {
        self.strategy = strategy
        self.candidates = candidates
    }

    /// With the options that the endpoint has now: a rollout changes the version and nothing else.
    func spec(options: EndpointOptions) -> RolloutSpec {
        RolloutSpec(
            strategy: strategy,
            candidates: candidates.map {
                RolloutCandidate(variant: $0.variant, version: $0.version, options: options, weight: $0.weight)
            },
            steps: steps, promotesItself: promotesItself, sticky: sticky, variantHeader: variantHeader,
            shadow: shadow, analysis: analysis, checks: checks, metrics: metrics, watchSeconds: watchSeconds,
            watchErrorRate: watchErrorRate, expiresSeconds: expiresSeconds)
    }
}
