package import Identity
package import Journal

/// What happens to a promotion; each is kept for ever as one step.
package enum PromotionEvent: Sendable, Hashable, Codable {
    case requested(reason: String)
    case checking(PromotionRun)
    /// A gate of the run with this number has ended.
    case reported(run: Int, GateReport)
    /// The evidence is no longer about the world of now.
    case stale(reason: String)
    case approved(roles: [Role], comment: String)
    case rejected(reason: String)
    case withdrawn(reason: String)
    /// It has no object any more, through no decision about it.
    case superseded(reason: String)
    case failed(reason: String)
    case applied

    /// The word that steps are told apart by.
    package var word: String {
        switch self {
        case .requested: "requested"
        case .checking: "checking"
        case .reported: "reported"
        case .stale: "stale"
        case .approved: "approved"
        case .rejected: "rejected"
        case .withdrawn: "withdrawn"
        case .superseded: "superseded"
        case .failed: "failed"
        case .applied: "applied"
        }
    }
}

/// An event with its place in a promotion's history.
package struct PromotionStep: Sendable, Hashable, Codable {
    /// 1, 2, 3 ... for each promotion.
    package var number: Int
    package var at: Timestamp
    /// The id of who did it; `server` where the server acted by itself.
    package var by: String
    package var event: PromotionEvent

    package init(number: Int, at: Timestamp, by: String, event: PromotionEvent) {
        self.number = number
        self.at = at
        self.by = by
        self.event = event
    }
}
