/// Quantiles by linear interpolation between order statistics: type 7 of Hyndman and Fan, "Sample Quantiles in
/// Statistical Packages" (1996), which is what `numpy.quantile` does by default.
package enum Quantile {
    /// - Parameters:
    ///   - share: from 0, the smallest, to 1, the largest; what is outside counts as the nearer of the two.
    ///   - values: in ascending order.
    /// - Returns: `nil` when there are no values, or `share` is not a number.
    package static func of(_ share: Double, sorted values: [Double]) -> Double? {
        guard let place = place(share, among: values.count) else { return nil }
        return between(values[place.lower], values[min(place.lower + 1, values.count - 1)], place.rest)
    }

    /// The same where `values[i]` is there `counts[i]` times. Both have as many entries.
    package static func of(_ share: Double, sorted values: [Double], counts: [Int]) -> Double? {
        guard values.count == counts.count,
            let place = place(share, among: counts.reduce(0) { $0 &+ max(0, $1) })
        else { return nil }
        var seen = 0
        var lower: Double?
        for (value, count) in zip(values, counts) where count > 0 {
            seen &+= count
            if seen > place.lower, lower == nil { lower = value }
            if let lower, seen > place.lower + 1 { return between(lower, value, place.rest) }
        }
        return lower
    }

    /// Which order statistic lies below the quantile, and how far it is to the next.
    private static func place(_ share: Double, among count: Int) -> (lower: Int, rest: Double)? {
        guard count > 0, !share.isNaN else { return nil }
        let place = Double(count - 1) * min(1, max(0, share))
        let lower = min(count - 1, Int(place))
        return (lower, place - Double(lower))
    }

    private static func between(_ lower: Double, _ upper: Double, _ rest: Double) -> Double {
        lower + (upper - lower) * rest
    }
}
