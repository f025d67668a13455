#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The population stability index of two distributions over the same bins: the sum of (q - p) ln(q / p), which is the
/// relative entropy of each in respect of the other, added up. Under 0.1 is commonly read as stable, over 0.2 or 0.25 as
/// another population (Siddiqi, "Credit Risk Scorecards", 2006).
package enum PopulationStability {
    /// Half a count is added to each bin of each side, so that an empty bin weighs as much as its sample can say, and not
    /// as much as somebody's small constant.
    ///
    /// - Parameters:
    ///   - reference: counts, by bin; none negative.
    ///   - current: as many.
    /// - Returns: `nil` where the two differ in length, or one of them has no counts.
    package static func index(reference: [Double], current: [Double]) -> Double? {
        guard reference.count == current.count, !reference.isEmpty else { return nil }
        let (all, seen) = (reference.reduce(0, +), current.reduce(0, +))
        guard all > 0, seen > 0 else { return nil }
        let added = 0.5
        let bins = Double(reference.count)
        var sum = 0.0
        for (before, now) in zip(reference, current) {
            let expected = (before + added) / (all + added * bins)
            let found = (now + added) / (seen + added * bins)
            sum += (found - expected) * log(found / expected)
        }
        return sum
    }

    /// What the index is on average where both samples, of so many rows, are of one population: about (bins - 1) (1/m +
    /// 1/n). It follows from the chi-square distribution of its first-order term (Yurdakul and Naranjo, "Statistical
    /// properties of the population stability index", 2020).
    package static func byChance(bins: Int, reference: Double, current: Double) -> Double {
        guard bins > 1, reference > 0, current > 0 else { return 0 }
        return Double(bins - 1) * (1 / reference + 1 / current)
    }
}
