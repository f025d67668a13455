#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Pearson's chi-square test of two samples over the same categories, as `scipy.stats.chi2_contingency(...,
/// correction=False)` has it.
package struct ChiSquare: Sendable, Hashable {
    package var statistic: Double
    package var degreesOfFreedom: Int
    package var pValue: Double
    /// Cramér's V, the effect: 0 where both are alike, 1 where they have no category in common.
    package var cramersV: Double

    /// Categories that are in neither are left out.
    ///
    /// - Parameters:
    ///   - reference: counts; none negative.
    ///   - current: as many.
    /// - Returns: `nil` where the two differ in length, or one of them has no counts, or only one category is there.
    package init?(reference: [Double], current: [Double]) {
        let (all, seen) = (reference.reduce(0, +), current.reduce(0, +))
        guard reference.count == current.count, all > 0, seen > 0 else { return nil }
        let total = all + seen
        var (sum, categories) = (0.0, 0)
        for (before, now) in zip(reference, current) where before + now > 0 {
            let expectedBefore = (before + now) * (all / total)
            let expectedNow = (before + now) * (seen / total)
            sum += (before - expectedBefore) * (before - expectedBefore) / expectedBefore
            sum += (now - expectedNow) * (now - expectedNow) / expectedNow
            categories += 1
        }
        guard categories > 1 else { return nil }
        statistic = sum
        degreesOfFreedom = categories - 1
        pValue = Self.survival(sum, degreesOfFreedom: degreesOfFreedom)
        cramersV = (sum / total).squareRoot()
    }

    /// The chance of more than `value`.
    package static func survival(_ value: Double, degreesOfFreedom: Int) -> Double {
        guard value > 0, degreesOfFreedom > 0 else { return 1 }
        return GammaTail.upper(Double(degreesOfFreedom) / 2, value / 2)
    }
}

/// The regularised incomplete gamma function: by its series below the mean and by Lentz's continued fraction above it.
/// Source: Press et al., "Numerical Recipes" (2007), 6.2.
enum GammaTail {
    static func upper(_ shape: Double, _ value: Double) -> Double {
        guard value > 0, shape > 0 else { return 1 }
        guard value.isFinite else { return 0 }
        let front = exp(shape * log(value) - value - LogGamma.of(shape))
        return value < shape + 1 ? 1 - front * series(shape, value) : front * fraction(shape, value)
    }

    private static func series(_ shape: Double, _ value: Double) -> Double {
        var (term, sum, order) = (1 / shape, 1 / shape, shape)
        for _ in 0..<100_000 where term > sum * 1e-17 {
            order += 1
            term *= value / order
            sum += term
        }
        return sum
    }

    private static func fraction(_ shape: Double, _ value: Double) -> Double {
        let tiny = 1e-300
        var b = value + 1 - shape
        var c = 1 / tiny
        var d = 1 / b
        var result = d
        for order in 1..<100_000 {
            let a = -Double(order) * (Double(order) - shape)
            b += 2
            d = a * d + b
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = b + a / c
            if abs(c) < tiny { c = tiny }
            result *= d * c
            if abs(d * c - 1) < 1e-16 { break }
        }
        return result
    }
}
