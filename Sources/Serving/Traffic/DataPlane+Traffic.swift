import InferenceProtocol

extension DataPlane {
    /// What the variants of the endpoint's open rollout have done so far, in the order of its plan; empty while none is
    /// open.
    package func arms(space: String, endpoint: String) -> [ArmReading] {
        guard let router = self.endpoint(space: space, name: endpoint)?.traffic else { return [] }
        return router.arms.map {
            ArmReading(variant: $0.variant, rollout: router.plan.rollout, counts: $0.counts)
        }
    }

    /// What the candidate that shadows the endpoint answered beside it; `nil` while none does.
    package func shadowReading(space: String, endpoint: String) -> ShadowReading? {
        self.endpoint(space: space, name: endpoint)?.traffic?.shadowReading
    }

    /// The variant that made a prediction, and of which rollout, where the plan remembers them; `nil` for one that is
    /// too long ago, was answered to somebody who named a variant, or is none of this endpoint's.
    package func variant(
        ofPrediction id: PredictionID, space: String, endpoint: String
    ) -> (variant: String, rollout: Int)? {
        guard let router = self.endpoint(space: space, name: endpoint)?.traffic,
            let number = router.assignments?.variant(of: id), number < router.arms.count
        else { return nil }
        return (router.arms[number].variant, router.plan.rollout)
    }
}

extension EndpointEntry {
    /// This version and those that a rollout sends requests to besides.
    package var all: [EndpointEntry] { [self] + (traffic?.targets.map(\.entry) ?? []) }
}

extension Endpoint {
    /// What answers here, each version once: the endpoint itself, or what its rollout sends requests to.
    package var versions: [Endpoint] {
        guard let traffic else { return [self] }
        var seen: Set<Int> = []
        return traffic.arms.map(\.endpoint).filter { seen.insert($0.entry.version).inserted }
    }

    /// What answers to a label: a version as `3` or `v:3`, a variant, `stable` for the first of them, or `latest` for
    /// whatever answers without a label. `nil` for any other.
    package func labelled(_ label: String) -> Endpoint? {
        if label == TrafficPlan.latestLabel { return self }
        guard let traffic else {
            return label == Self.stableLabel || label == variant || isVersion(label) ? self : nil
        }
        if label == Self.stableLabel { return traffic.arms.first?.endpoint }
        return traffic.arms.first { $0.variant == label || $0.endpoint.isVersion(label) }?.endpoint
    }

    private static let stableLabel = "stable"
    private static let versionPrefix = "v:"

    private func isVersion(_ label: String) -> Bool {
        label == versionText || (label.hasPrefix(Self.versionPrefix) && label.dropFirst(2) == versionText)
    }

    /// The labels that `labelled` knows here, for people.
    package var labelsText: String {
        guard let traffic else { return "'stable' and 'v:\(versionText)', and no rollout is open" }
        var names: [String] = []
        for arm in traffic.arms { names += ["'\(arm.variant)' (version \(arm.endpoint.versionText))"] }
        return names.joined(separator: ", ")
    }
}
