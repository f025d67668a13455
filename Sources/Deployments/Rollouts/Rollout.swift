package import Journal
package import Serving

/// The guided move of an endpoint from one version to another, with everything that has happened to it.
package struct Rollout: Sendable, Hashable {
    /// The database's own, over all endpoints; lists page by it.
    package let id: Int
    /// 1, 2, 3 ... for each endpoint name, for ever.
    package let number: Int
    package let endpoint: String
    package let space: String
    package let model: String
    package let spec: RolloutSpec
    package let origin: RolloutOrigin
    package let requestedBy: String
    package let requestedAt: Timestamp
    package var life: RolloutLife
    package var progress: RolloutProgress
    package var steps: [RolloutStepRecord]

    package init(
        id: Int, number: Int, endpoint: String, space: String, model: String, spec: RolloutSpec,
        origin: RolloutOrigin, requestedBy: String, requestedAt: Timestamp, life: RolloutLife,
        progress: RolloutProgress, steps: [RolloutStepRecord] = []
    ) {
        self.id = id
        self.number = number
        self.endpoint = endpoint
        self.space = space
        self.model = model
        self.spec = spec
        self.origin = origin
        self.requestedBy = requestedBy
        self.requestedAt = requestedAt
        self.life = life
        self.progress = progress
        self.steps = steps
    }

    package var state: RolloutLife.State { life.state }

    /// `rollout 3 (canary to churn:2, running)`
    package var title: String {
        "rollout \(number) (\(spec.strategy.words) to \(targets), \(state.words))"
    }

    /// `churn:2`, or `churn:2 and churn:3`
    package var targets: String { spec.candidates.map { "\(model):\($0.version)" }.joined(separator: " and ") }

    /// Why it was asked for; may be empty.
    package var reason: String {
        for step in steps { if case .requested(let reason) = step.event { return reason } }
        return ""
    }

    /// Of the last step.
    package var updatedAt: Timestamp { steps.last?.at ?? requestedAt }

    /// The share of each variant now, of ten thousand, the stable one first; empty where nothing is shared.
    package var weights: [(variant: String, version: Int, weight: Int)] {
        guard state.routes else { return [] }
        let versions = [origin.version] + spec.candidates.map(\.version)
        return zip(spec.shares(step: life.step), versions).map { ($0.variant, $1, $0.weight) }
    }

    /// The variant that answers to this key in the step; `nil` where callers are not told apart.
    package func variant(ofKey key: String, step: Int) -> String? {
        guard spec.sticky != nil else { return nil }
        guard let keys = spec.keys(step: step) else {
            return TrafficPlan.variant(ofKey: key, among: spec.shares(step: step), space: space, endpoint: endpoint)
        }
        return keys.owner(ofKey: key, space: space, endpoint: endpoint)
    }

    /// Takes the event as the next step; a refused one leaves everything as it was.
    package mutating func take(_ event: RolloutEvent, by: String, at: Timestamp) -> RolloutAction {
        let action = life.handle(event, by: by, at: at)
        if case .refuse = action { return action }
        if case .advanced = event { progress.beginStep() }
        steps.append(RolloutStepRecord(number: steps.count + 1, at: at, by: by, event: event))
        return action
    }

    /// How the requests of `entry` are shared among its versions while this is open; `nil` when all go to `entry` and
    /// nobody counts.
    ///
    /// - Parameter entries: what would serve each candidate, in their order; `nil` for one that is not available.
    package func plan(for entry: EndpointEntry, _ entries: [EndpointEntry?]) -> TrafficPlan? {
        if state == .watching {
            return plan([TrafficTarget(variant: RolloutProgress.stable, weight: TrafficPlan.whole, entry: entry)])
        }
        guard state.routes else { return nil }
        var targets: [TrafficTarget] = []
        for (share, found) in zip(spec.shares(step: life.step), [entry] + entries) {
            guard let found else { return nil }
            targets.append(TrafficTarget(variant: share.variant, weight: share.weight, entry: found))
        }
        return plan(targets)
    }

    private func plan(_ targets: [TrafficTarget]) -> TrafficPlan {
        TrafficPlan(
            rollout: number, strategy: spec.strategy, targets: targets, sticky: spec.sticky,
            keys: spec.sticky == nil ? nil : spec.keys(step: life.step),
            variantHeader: spec.variantHeader, shadow: state == .watching ? nil : spec.shadow,
            remembersPredictions: spec.takesOutcomes)
    }
}
