import Documents
package import Journal

/// What a shadow rollout in the source space must have shown of the candidate.
package struct ShadowRule: Sendable, Hashable, Codable {
    package static let standardDisagreement = 0.01
    package static let standardRequests = 1000

    /// The largest share of requests that may be answered otherwise than by the version that served, or not at all.
    package var maxDisagreement: Double
    /// Requests at least that were compared.
    package var minimumRequests: Int
    /// How many times as long the slowest hundredth may take; `nil`: not asked.
    package var maxP99Ratio: Double?

    package init(
        maxDisagreement: Double = standardDisagreement, minimumRequests: Int = standardRequests,
        maxP99Ratio: Double? = nil
    ) {
        self.maxDisagreement = maxDisagreement
        self.minimumRequests = minimumRequests
        self.maxP99Ratio = maxP99Ratio
    }

    init(_ fields: inout DocumentFields) throws(ControlError) {
        self.init(
            maxDisagreement: try fields.number("maxDisagreement") ?? Self.standardDisagreement,
            minimumRequests: try fields.whole("minimumRequests", in: 1...1_000_000_000) ?? Self.standardRequests,
            maxP99Ratio: try fields.number("maxP99Ratio"))
        guard (0...1).contains(maxDisagreement) else {
            throw fields.refusal("maxDisagreement", "is \(maxDisagreement)", hint: "a share from 0 to 1")
        }
        guard maxP99Ratio ?? 1 > 0, maxP99Ratio ?? 1 <= 1000 else {
            throw fields.refusal("maxP99Ratio", "is \(maxP99Ratio ?? 0)", hint: "above 0, at most 1000")
        }
    }
}

/// What the last shadow rollout of a version found out.
package struct ShadowFinding: Sendable, Hashable {
    package var endpoint: String
    package var rollout: Int
    /// The version that served.
    package var primary: Int
    /// Requests that both answered, or that only the candidate failed.
    package var requests: UInt64
    /// Of those, the ones that it answered otherwise, or failed.
    package var disagreements: UInt64
    /// Requests that were to be mirrored, and those of them that were not.
    package var mirrored: UInt64
    package var dropped: UInt64
    /// Milliseconds in the model; `nil` where there are none.
    package var primaryP99: Double?
    package var candidateP99: Double?

    package init(
        endpoint: String, rollout: Int, primary: Int, requests: UInt64, disagreements: UInt64, mirrored: UInt64,
        dropped: UInt64, primaryP99: Double?, candidateP99: Double?
    ) {
        self.endpoint = endpoint
        self.rollout = rollout
        self.primary = primary
        self.requests = requests
        self.disagreements = disagreements
        self.mirrored = mirrored
        self.dropped = dropped
        self.primaryP99 = primaryP99
        self.candidateP99 = candidateP99
    }
}

/// Who knows what shadow rollouts have found out.
package protocol ShadowEvidence: Sendable {
    /// Of the last shadow rollout of this version in the space; `nil` when there was none.
    func finding(of model: String, version: Int, in space: String) async throws(ControlError) -> ShadowFinding?
}
