#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How many outcomes each arm needs before an effect of a given size is likely to be seen.
package struct SampleSize: Sendable, Hashable, Codable {
    /// For one look, at the end: two-sided, by the normal distribution.
    package var atOneLook: Int
    /// For an interval that is looked at at any time (`ConfidenceSequence`, tuned for this number).
    package var atAnyTime: Int

    /// - Parameters:
    ///   - variances: of one value in the first arm and in the second.
    ///   - effect: the difference of the means that is to be seen.
    ///   - comparisons: arms that are compared with the first; `alpha` is shared among them.
    /// - Returns: `nil` where no number of outcomes below 10^12 does it, or the question makes no sense.
    package init?(
        variances: (Double, Double), effect: Double, alpha: Double = 0.05, power: Double = 0.8, comparisons: Int = 1
    ) {
        let variance = variances.0 + variances.1
        guard variance > 0, effect.isFinite, effect != 0, (1e-9..<0.5).contains(alpha), (0.01..<0.9999).contains(power),
            comparisons > 0
        else { return nil }
        let level = alpha / Double(comparisons)
        let scores = Normal.quantile(1 - level / 2) + Normal.quantile(power)
        let fixed = scores * scores * variance / (effect * effect)
        guard fixed < 1e12 else { return nil }
        atOneLook = max(Effect.fewest, Int(fixed.rounded(.up)))
        var (low, high) = (1.0, max(2, fixed))
        func suffices(_ count: Double) -> Bool {
            let sequence = ConfidenceSequence(alpha: level, tunedFor: 2 * count)
            let width = sequence.standardErrors(after: 2 * count) + Normal.quantile(power)
            return width * (variance / count).squareRoot() <= effect.magnitude
        }
        while !suffices(high) {
            high *= 2
            guard high < 1e13 else { return nil }
        }
        while high - low > 0.5 {
            let middle = (low + high) / 2
            if suffices(middle) { high = middle } else { low = middle }
        }
        atAnyTime = max(Effect.fewest, Int(high.rounded(.up)))
    }

    /// Of shares: how many make it from `base` to `base + effect`.
    package init?(
        base: Double, effect: Double, alpha: Double = 0.05, power: Double = 0.8, comparisons: Int = 1
    ) {
        let raised = base + effect
        guard base > 0, base < 1, raised > 0, raised < 1 else { return nil }
        self.init(
            variances: (base * (1 - base), raised * (1 - raised)), effect: effect, alpha: alpha, power: power,
            comparisons: comparisons)
    }
}

enum Normal {
    /// Below which the standard normal distribution has that share; by bisection of the complementary error function.
    static func quantile(_ share: Double) -> Double {
        guard share > 0, share < 1 else { return share <= 0 ? -.infinity : .infinity }
        var (low, high) = (-40.0, 40.0)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if 0.5 * erfc(-middle / 2.0.squareRoot()) < share { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
