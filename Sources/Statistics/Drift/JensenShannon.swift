#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How far two distributions over the same bins are from each other, as `scipy.spatial.distance.jensenshannon` has it:
/// with the natural logarithm, so that the divergence lies between 0 and ln 2.
package enum JensenShannon {
    /// - Parameters:
    ///   - reference: counts or shares, by bin; none negative.
    ///   - current: as many.
    /// - Returns: `nil` where the two differ in length, or one of them sums to nothing.
    package static func divergence(reference: [Double], current: [Double]) -> Double? {
        let (all, seen) = (reference.reduce(0, +), current.reduce(0, +))
        guard reference.count == current.count, all > 0, seen > 0 else { return nil }
        var sum = 0.0
        for (before, now) in zip(reference, current) {
            let (p, q) = (before / all, now / seen)
            let middle = (p + q) / 2
            if p > 0 { sum += p * log(p / middle) }
            if q > 0 { sum += q * log(q / middle) }
        }
        return max(0, sum / 2)
    }

    /// The square root of the divergence, which is a metric.
    package static func distance(reference: [Double], current: [Double]) -> Double? {
        divergence(reference: reference, current: current)?.squareRoot()
    }
}
