/// How an endpoint's requests are shared among versions while a rollout is open. A value without handles, part of the
/// snapshot: the control plane says what holds from now on, the data plane does it.
package struct TrafficPlan: Sendable, Hashable, Codable {
    package static let defaultVariantHeader = "slipway-variant"
    /// Weights are parts of this many.
    package static let whole = 10_000

    /// The rollout's number: 1, 2, 3 ... per endpoint, for ever.
    package var rollout: Int
    package var strategy: RolloutStrategy
    /// The first is the entry's own version, which answers where nothing else is said.
    package var targets: [TrafficTarget]
    /// What decides where a request goes; `nil`: each is drawn anew.
    package var sticky: StickyKey?
    /// Whose the callers are that `sticky` tells apart; `nil` in rollouts that began before there were tables.
    package var keys: KeyShares?
    /// The header (gRPC: the metadata key) by which a request names a variant outright, in lower case.
    package var variantHeader: String
    /// What is mirrored; `nil` for nothing.
    package var shadow: ShadowPlan?
    /// Whether it is remembered for a while which variant made which prediction, so that outcomes can be told by it.
    package var remembersPredictions: Bool

    package init(
        rollout: Int, strategy: RolloutStrategy, targets: [TrafficTarget], sticky: StickyKey? = nil,
        keys: KeyShares? = nil, variantHeader: String = defaultVariantHeader, shadow: ShadowPlan? = nil,
        remembersPredictions: Bool? = nil
    ) {
        self.rollout = rollout
        self.strategy = strategy
        self.targets = targets
        self.sticky = sticky
        self.keys = keys
        self.variantHeader = variantHeader
        self.shadow = shadow
        self.remembersPredictions = remembersPredictions ?? (strategy == .ab)
    }
}

/// How an endpoint gets from one version to another.
package enum RolloutStrategy: String, Sendable, Hashable, Codable, CaseIterable {
    /// All at once, with the version before kept warm for a while.
    case blueGreen
    /// In steps, each judged before the next.
    case canary
    /// Two variants or more beside each other, compared by what comes of them.
    case ab
    /// The candidate answers nobody; its answers to a share of the requests are compared with those that were given.
    case shadow
}

/// One version that takes part in a rollout.
package struct TrafficTarget: Sendable, Hashable, Codable {
    /// A name, not a number, and not `latest`: callers may ask for it.
    package var variant: String
    /// Of `TrafficPlan.whole`; 0 for one that only answers who names it.
    package var weight: Int
    /// What answers; its own `traffic` is `nil`.
    package var entry: EndpointEntry

    package init(variant: String, weight: Int, entry: EndpointEntry) {
        self.variant = variant
        self.weight = weight
        self.entry = entry
    }
}

/// What of a request its callers are told apart by. A request without it is drawn at random.
package enum StickyKey: Sendable, Hashable, Codable {
    /// The value of a header, or of gRPC's metadata; the name in lower case.
    case header(String)
    /// A parameter of the request (Open Inference Protocol).
    case parameter(String)
    /// The first element of an input.
    case input(String)
}

/// Which requests a shadow candidate sees too, and what counts as the same answer.
package struct ShadowPlan: Sendable, Hashable, Codable {
    package static let defaultQueueLimit = 256

    /// How far two numbers may be apart: `absolute`, and `relative` times what was answered.
    package struct Tolerance: Sendable, Hashable, Codable {
        package static let standard = Tolerance(relative: 1e-4, absolute: 1e-6)

        package var relative: Double
        package var absolute: Double

        package init(relative: Double, absolute: Double) {
            self.relative = relative
            self.absolute = absolute
        }
    }

    /// The variant that is compared with the first target.
    package var variant: String
    /// Of `TrafficPlan.whole`: the share of the primary's requests that is mirrored.
    package var share: Int
    /// Requests that may wait for the candidate; of more, each is dropped and counted.
    package var queueLimit: Int
    /// For outputs that `tolerances` does not name.
    package var tolerance: Tolerance
    /// By output.
    package var tolerances: [String: Tolerance]
    /// An input by whose first element rows are counted apart as well; `nil` for none.
    package var segmentInput: String?

    package init(
        variant: String, share: Int, queueLimit: Int = defaultQueueLimit, tolerance: Tolerance = .standard,
        tolerances: [String: Tolerance] = [:], segmentInput: String? = nil
    ) {
        self.variant = variant
        self.share = share
        self.queueLimit = queueLimit
        self.tolerance = tolerance
        self.tolerances = tolerances
        self.segmentInput = segmentInput
    }
}
