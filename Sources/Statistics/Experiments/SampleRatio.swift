#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whether arms got as many units as their weights say. Where they did not, something keeps units out of one of them, and
/// what is left cannot be compared: no other figure of the experiment is to be believed.
///
/// The sequential multinomial test of Lindon and Malek, "Anytime-Valid Inference for Multinomial Count Data" (2022): the
/// Bayes factor of a Dirichlet distribution around the weights against the weights themselves. It may be looked at at any
/// time; the chance that it ever reaches 1/alpha, when the weights are right, is at most alpha.
package struct SampleRatio: Sendable, Hashable, Codable {
    /// How near to the weights the alternative is, in units seen before.
    private static let concentration = 100.0

    package var counts: [Int]
    /// As they should be; they sum to 1.
    package var expected: [Double]
    /// The logarithm of the Bayes factor.
    package var logarithm: Double
    package var pValue: Double { min(1, exp(-logarithm)) }

    /// `nil` where there are not as many weights as counts, or fewer than two above 0. An arm with the weight 0 is left
    /// out.
    package init?(counts: [Int], weights: [Double]) {
        guard counts.count == weights.count else { return nil }
        let arms = zip(counts, weights).filter { $0.1 > 0 && $0.0 >= 0 }
        let whole = arms.reduce(0) { $0 + $1.1 }
        guard arms.count > 1, whole > 0, whole.isFinite else { return nil }
        self.counts = arms.map(\.0)
        expected = arms.map { $0.1 / whole }
        let all = Double(self.counts.reduce(0, +))
        logarithm = LogGamma.of(Self.concentration) - LogGamma.of(Self.concentration + all)
        for (count, share) in zip(self.counts, expected) {
            let prior = Self.concentration * share
            logarithm += LogGamma.of(prior + Double(count)) - LogGamma.of(prior) - Double(count) * log(share)
        }
    }
}

enum LogGamma {
    /// The logarithm of the gamma function for numbers above 0: Stirling's series, after the argument was raised above 10
    /// by the recurrence; to about 14 digits.
    static func of(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return .nan }
        var (raised, product) = (value, 1.0)
        while raised < 10 {
            product *= raised
            raised += 1
        }
        let inverse = 1 / raised
        let square = inverse * inverse
        let series =
            inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square / 1188))))
        return (raised - 0.5) * log(raised) - raised + 0.5 * log(2 * Double.pi) + series - log(product)
    }
}
