/// Whether a candidate's rate of something bad (errors, answers that are no numbers, losses between 0 and 1) is above the
/// reference's by more than a margin, window by window: what happens to both at the same time tells nothing against one.
package struct RateTest: Sendable, Hashable, Codable {
    /// How much of the way from the margin to 1 a bet puts the candidate's rate.
    private static let reaches = [0.004, 0.014, 0.05, 0.25, 0.7]
    /// The largest logarithm that one window may add. What is cut off from a factor only makes it smaller, so the test
    /// stays valid; and no single second decides.
    private static let most = 6.0
    /// Trials of the candidate after which a reference without any is taken to be silent.
    private static let silence = 20.0
    /// Windows that the memory of the reference's rate goes back.
    private static let memory = 60.0

    package let margin: Double
    package private(set) var evidence: Evidence
    private var reference = Tally()
    private var candidate = Tally()
    private var ticks = 0
    /// The reference's rate so far, the newest counting most.
    private var past = Tally()

    package init(margin: Double) {
        self.margin = min(max(0, margin), 0.99)
        evidence = Evidence(bets: Self.reaches.count)
    }

    /// Takes what both did in the same short time.
    package mutating func observe(reference seen: Tally, candidate tried: Tally) {
        reference += seen
        candidate += tried
        ticks += 1
        if candidate.trials > 0, reference.trials > 0 {
            evidence.observe(bets { $0.logFactor(reference: reference, candidate: candidate) })
            close()
        } else if candidate.trials >= Self.silence {
            observeAlone()
            close()
        } else if candidate.trials == 0, ticks >= 10 {
            close()
        }
    }

    /// With nothing beside it the candidate is held against what the reference did last, with two standard errors of
    /// that in its favour.
    private mutating func observeAlone() {
        guard past.trials >= 100, let rate = past.rate else { return }
        let spread = (rate * (1 - rate) / past.trials).squareRoot()
        let known = min(0.99 - margin, rate + 2 * spread + 1 / past.trials)
        guard known > 0 else { return }
        evidence.observe(
            Self.reaches.map { reach in
                let null = known + margin
                let bet = TwoByTwo(reference: known, candidate: null + reach * (1 - null), margin: margin)
                return min(Self.most, bet.logFactor(reference: Tally(), candidate: candidate, null: known))
            })
    }

    private func bets(_ factor: (TwoByTwo) -> Double) -> [Double] {
        let base = min(0.9, max(1e-4, (past.hits + 0.1) / (past.trials + 20)))
        return Self.reaches.map { reach in
            let border = min(0.99, base + margin)
            return min(
                Self.most, factor(TwoByTwo(reference: base, candidate: border + reach * (1 - border), margin: margin)))
        }
    }

    private mutating func close() {
        if reference.trials > 0 { past = past.scaled(by: 1 - 1 / Self.memory) + reference }
        reference = Tally()
        candidate = Tally()
        ticks = 0
    }
}
