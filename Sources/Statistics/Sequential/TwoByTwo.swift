#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The safe test of two rates: Turner, Ly, Grünwald, "Generic E-Variables for Exact Sequential k-Sample Tests that allow
/// for Optional Stopping" (2021); with a margin: Turner and Grünwald, "Exact Anytime-valid Confidence Intervals for
/// Contingency Tables and Beyond" (2023).
///
/// The null hypothesis is that the candidate's rate is at most the reference's plus a margin, whatever both may be in
/// this window. A bet is a pair of rates outside it. It is divided by the pair inside that is nearest to it (in
/// Kullback-Leibler divergence, each arm weighted by its trials); since the null hypothesis is convex, the quotient has an
/// expectation of at most 1 under every pair in it. For values between 0 and 1 the same holds, as the quotient is convex
/// in each of them.
package struct TwoByTwo: Sendable, Hashable {
    package var reference: Double
    package var candidate: Double
    package var margin: Double

    package init(reference: Double, candidate: Double, margin: Double) {
        self.reference = reference
        self.candidate = candidate
        self.margin = margin
    }

    /// The logarithm of what the bet pays for one window; 0 for a bet that is none.
    ///
    /// - Parameter null: the reference's rate, where it is known.
    package func logFactor(reference seen: Tally, candidate tried: Tally, null: Double? = nil) -> Double {
        guard reference > 0, reference < 1, candidate > reference + margin, candidate < 1, margin >= 0,
            tried.trials > 0, seen.trials >= 0
        else { return 0 }
        let null = null ?? nearestNull(seen.trials, tried.trials)
        return Self.logRatio(seen, reference, null) + Self.logRatio(tried, candidate, null + margin)
    }

    /// The reference's rate in the pair of the null hypothesis that is nearest to the bet, with `seen` and `tried` trials.
    func nearestNull(_ seen: Double, _ tried: Double) -> Double {
        var low = reference
        var high = candidate - margin
        // The divergence is convex along the border, and its slope has its zero between the two rates.
        for _ in 0..<60 {
            let middle = (low + high) / 2
            let slope =
                seen * (middle - reference) / (middle * (1 - middle))
                + tried * (middle + margin - candidate) / ((middle + margin) * (1 - middle - margin))
            if slope < 0 { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    private static func logRatio(_ tally: Tally, _ bet: Double, _ null: Double) -> Double {
        tally.hits * log(bet / null) + (tally.trials - tally.hits) * log((1 - bet) / (1 - null))
    }
}
