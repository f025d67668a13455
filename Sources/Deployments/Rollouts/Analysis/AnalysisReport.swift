/// Whether a canary may go on.
package enum AnalysisVerdict: String, Sendable, Hashable, Codable {
    /// Enough was seen in this step, and nothing speaks against the canary.
    case pass
    /// A limit is exceeded, and not by chance. Once said, it stays said.
    case fail
    /// Too little was seen, or something speaks against the canary, but might be chance.
    case inconclusive
}

/// What the analysis knows, for people and as evidence beside a rollback.
package struct AnalysisReport: Sendable, Hashable, Codable {
    package struct Metric: Sendable, Hashable, Codable {
        /// `errors`, `nonFinite`, `p50`, `p99`, `output NAME`, `quality NAME`, `check NAME`.
        package var name: String
        /// In this step: a share, or milliseconds; `nil` where there is none.
        package var stable: Double?
        package var canary: Double?
        /// `share`, `ms`, `distance`, `loss`, or empty.
        package var unit: String
        /// `nil` for an external check, which has a limit of its own.
        package var limit: Double?
        /// The odds against this being chance, of everything since the rollout began: the e-value, at most 10^12.
        package var odds: Double?
        /// The odds at which the canary fails.
        package var needed: Double?
        /// Samples in this step.
        package var stableSamples: UInt64
        package var canarySamples: UInt64
        package var verdict: AnalysisVerdict
        package var sentence: String

        package init(
            name: String, stable: Double? = nil, canary: Double? = nil, unit: String, limit: Double? = nil,
            odds: Double? = nil, needed: Double? = nil, stableSamples: UInt64, canarySamples: UInt64,
            verdict: AnalysisVerdict, sentence: String
        ) {
            self.name = name
            self.stable = stable
            self.canary = canary
            self.unit = unit
            self.limit = limit
            self.odds = odds
            self.needed = needed
            self.stableSamples = stableSamples
            self.canarySamples = canarySamples
            self.verdict = verdict
            self.sentence = sentence
        }
    }

    package var verdict: AnalysisVerdict
    /// What decided.
    package var sentence: String
    package var metrics: [Metric]

    package init(verdict: AnalysisVerdict, sentence: String, metrics: [Metric]) {
        self.verdict = verdict
        self.sentence = sentence
        self.metrics = metrics
    }
}
