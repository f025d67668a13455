package import Journal

/// What one gate found out about one promotion, in full: it is kept for ever beside the promotion.
package struct GateReport: Sendable, Hashable, Codable {
    package enum Outcome: String, Sendable, Hashable, Codable {
        /// Still being found out.
        case pending
        case passed
        case failed
        /// The gate itself could not be carried out; it counts as failed.
        case error
    }

    package var gate: String
    package var kind: GateKind
    package var outcome: Outcome
    /// One sentence for people: what decided.
    package var summary: String
    /// Every figure with its limit, in the order in which a person wants to read them.
    package var figures: [GateFigure]
    /// What else a person should know.
    package var notes: [String]
    /// Where the evidence is, for a check that another system made.
    package var link: String?
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?

    package init(
        gate: String, kind: GateKind, outcome: Outcome, summary: String, figures: [GateFigure] = [],
        notes: [String] = [], link: String? = nil, startedAt: Timestamp? = nil, endedAt: Timestamp? = nil
    ) {
        self.gate = gate
        self.kind = kind
        self.outcome = outcome
        self.summary = summary
        self.figures = figures
        self.notes = notes
        self.link = link
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// One figure of a gate against its limit.
package struct GateFigure: Sendable, Hashable, Codable {
    /// `accuracy`, `p99 ms`, `missing values of age` ...
    package var name: String
    /// The part of the data it was taken over, as `region=north` or `class=2`; `nil` for all of it.
    package var segment: String?
    /// `nil` where it is not defined; the note says why.
    package var candidate: Double?
    /// The same of the version that is live in the target space; `nil` where there is none, or it does not matter.
    package var champion: Double?
    /// The interval of the difference to the champion that decided, where one did.
    package var interval: ClosedRange<Double>?
    /// As people write it: `at least 0.9`, `at most 0.01 below the champion`; `nil` for a figure that is only told.
    package var limit: String?
    /// `nil` where it decides nothing.
    package var passed: Bool?
    package var note: String?

    package init(
        name: String, segment: String? = nil, candidate: Double?, champion: Double? = nil,
        interval: ClosedRange<Double>? = nil, limit: String? = nil, passed: Bool? = nil, note: String? = nil
    ) {
        self.name = name
        self.segment = segment
        self.candidate = candidate
        self.champion = champion
        self.interval = interval
        self.limit = limit
        self.passed = passed
        self.note = note
    }
}
