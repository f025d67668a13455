package import Governance
package import Identity
package import Journal
import Serving

/// How a rollout goes on, as far as it is fixed from the beginning.
package struct RolloutCourse: Sendable, Hashable, Codable {
    /// Milliseconds that the weights of each step are held. Empty where there are no steps: then somebody ends it.
    package var holds: [Int]
    /// Whether it promotes itself after the last step.
    package var promotesItself: Bool
    /// Milliseconds that the new version is watched after a switch at once; 0 where there is none.
    package var watch: Int
    /// Milliseconds after which it ends by itself; `nil` for never.
    package var expiry: Int?
    package var approvals: ApprovalDemand

    package init(
        holds: [Int] = [], promotesItself: Bool = false, watch: Int = 0, expiry: Int? = nil,
        approvals: ApprovalDemand = .none
    ) {
        self.holds = holds
        self.promotesItself = promotesItself
        self.watch = watch
        self.expiry = expiry
        self.approvals = approvals
    }

    package init(_ spec: RolloutSpec, approvals: ApprovalDemand) {
        self.init(
            holds: spec.steps.map { $0.holdSeconds * 1000 }, promotesItself: spec.promotesItself,
            watch: spec.strategy == .blueGreen ? spec.watchSeconds * 1000 : 0,
            expiry: spec.expiresSeconds.map { $0 * 1000 }, approvals: approvals)
    }
}

/// What happens to a rollout; each is kept for ever as one step of its history.
package enum RolloutEvent: Sendable, Hashable, Codable {
    case requested(reason: String)
    case approved(roles: [Role], comment: String)
    case rejected(reason: String)
    /// Its versions are ready, and its first weights hold.
    case began
    /// The weights of another step hold.
    case advanced(to: Int, evidence: String)
    case paused(reason: String)
    case resumed
    /// The candidate is what the endpoint is now, as this revision.
    case promoted(variant: String, revision: Int, evidence: String)
    /// The watch after a switch has ended without a breach.
    case settled
    /// Somebody changed the endpoint during the watch.
    case superseded(reason: String)
    case aborted(reason: String)
    /// All traffic is with the old version again; with a revision where a switch had to be undone.
    case rolledBack(revision: Int?, evidence: String)
    case expired

    /// The word that steps are told apart by.
    package var word: String {
        switch self {
        case .requested: "requested"
        case .approved: "approved"
        case .rejected: "rejected"
        case .began: "began"
        case .advanced: "advanced"
        case .paused: "paused"
        case .resumed: "resumed"
        case .promoted: "promoted"
        case .settled: "settled"
        case .superseded: "superseded"
        case .aborted: "aborted"
        case .rolledBack: "rolledBack"
        case .expired: "expired"
        }
    }
}

/// What must follow.
package enum RolloutAction: Sendable, Hashable {
    /// Nothing, until something happens.
    case wait
    /// Make the versions ready, then set the first weights.
    case begin
    /// Set the weights of this step, once its versions are ready.
    case advance(to: Int, evidence: String)
    /// Make the candidate what the endpoint is.
    case promote(evidence: String)
    /// Give all traffic back to the old version.
    case rollBack(evidence: String)
    /// End the watch.
    case settle
    case expire
    case end
    /// The event cannot happen now; nothing has changed.
    case refuse(reason: String)
}

/// Time that was served, and what is known by its end.
package struct RolloutTick: Sendable, Hashable {
    package var milliseconds: Int
    package var verdict: AnalysisVerdict
    /// What the verdict rests on.
    package var sentence: String
    /// Why nothing may move in the space; `nil` when it may.
    package var freeze: String?

    package init(milliseconds: Int, verdict: AnalysisVerdict, sentence: String, freeze: String? = nil) {
        self.milliseconds = milliseconds
        self.verdict = verdict
        self.sentence = sentence
        self.freeze = freeze
    }
}

/// An event with its place in a rollout's history.
package struct RolloutStepRecord: Sendable, Hashable, Codable {
    /// 1, 2, 3 ... for each rollout.
    package var number: Int
    package var at: Timestamp
    /// The id of who did it; `server` where the server acted by itself.
    package var by: String
    package var event: RolloutEvent

    package init(number: Int, at: Timestamp, by: String, event: RolloutEvent) {
        self.number = number
        self.at = at
        self.by = by
        self.event = event
    }
}
