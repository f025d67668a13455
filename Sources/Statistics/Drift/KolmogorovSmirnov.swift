#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The two-sample test of Kolmogorov and Smirnov: the largest difference of two distribution functions, and how likely
/// one as large is where both samples are of one population. Where values repeat, the chance is smaller than is said.
package enum KolmogorovSmirnov {
    /// `scipy.stats.ks_2samp(...).statistic`; `nil` where one of the two is empty.
    package static func statistic(_ reference: WeightedValues, _ current: WeightedValues) -> Double? {
        guard reference.total > 0, current.total > 0 else { return nil }
        var largest = 0.0
        WeightedValues.walk(reference, current) { _, before, now, _ in largest = max(largest, abs(before - now)) }
        return largest
    }

    /// The chance for large samples: Kolmogorov's distribution at D sqrt(mn / (m + n)), as `scipy.special.kolmogorov`
    /// (`ks_2samp(method="asymp")` takes its one-sample form for finite samples instead, and differs in the third digit).
    package static func asymptoticPValue(_ statistic: Double, _ reference: Double, _ current: Double) -> Double {
        guard statistic > 0, reference > 0, current > 0 else { return 1 }
        return survival(statistic * (reference * current / (reference + current)).squareRoot())
    }

    /// Kolmogorov's distribution: the chance of more than `value`.
    package static func survival(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        if value < 1 {
            // The theta function's other series, which converges at once where the first does not.
            let base = -Double.pi * Double.pi / (8 * value * value)
            let sum = exp(base) + exp(9 * base) + exp(25 * base) + exp(49 * base)
            return min(1, max(0, 1 - (2 * Double.pi).squareRoot() / value * sum))
        }
        var sum = 0.0
        for term in 1...8 {
            let order = Double(term)
            sum += (term % 2 == 1 ? 2 : -2) * exp(-2 * order * order * value * value)
        }
        return min(1, max(0, sum))
    }

    /// Steps of the exact computation that are not too many.
    package static let feasible = 4_000_000

    /// The exact chance of a difference as large in samples of `m` and `n` different values: the share of all orders of the
    /// two samples in which they come that far apart, as `ks_2samp(method="exact")`. Takes `m` times `n` steps.
    ///
    /// Source: Schröer and Trenkler, "Exact and randomization distributions of Kolmogorov-Smirnov tests for two or three
    /// samples" (1995).
    ///
    /// - Returns: `nil` where that is more than `feasible`, or one of the two is empty.
    package static func exactPValue(_ statistic: Double, _ m: Int, _ n: Int) -> Double? {
        let (steps, overflow) = m.multipliedReportingOverflow(by: n)
        guard m > 0, n > 0, !overflow, steps <= feasible else { return nil }
        // Differences of two distribution functions are whole numbers of 1/(mn).
        let threshold = Int((min(1, max(0, statistic)) * Double(steps)).rounded())
        guard threshold > 0 else { return 1 }
        var outside = [Double](repeating: 0, count: n + 1)
        for j in 1...n { outside[j] = j * m >= threshold ? 1 : outside[j - 1] }
        for i in 1...m {
            if i * n >= threshold { outside[0] = 1 }
            for j in 1...n {
                if abs(i * n - j * m) >= threshold {
                    outside[j] = 1
                } else {
                    let share = Double(i) / Double(i + j)
                    outside[j] = share * outside[j] + (1 - share) * outside[j - 1]
                }
            }
        }
        return outside[n]
    }
}
