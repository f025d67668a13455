#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An interval for a share that holds the truth at all times at once, exact for any number of trials: those shares that the
/// mixture of all alternatives (Beta with 1/2 and 1/2) has not refuted. Robbins, "Statistical Methods Related to the Law
/// of the Iterated Logarithm" (1970); Howard, Ramdas, McAuliffe, Sekhon (2021), proposition 7.
package enum ProportionSequence {
    /// - Parameter alpha: the chance that it ever misses the truth.
    package static func interval(_ hits: Double, of trials: Double, alpha: Double) -> ClosedRange<Double> {
        guard trials > 0, hits >= 0, hits <= trials, trials.isFinite, alpha > 0, alpha < 1 else { return 0...1 }
        let mixture =
            LogGamma.of(hits + 0.5) + LogGamma.of(trials - hits + 0.5) - LogGamma.of(trials + 1) - log(Double.pi)
        func isRefuted(_ share: Double) -> Bool {
            let likelihood =
                (hits > 0 ? hits * log(share) : 0) + (trials > hits ? (trials - hits) * log(1 - share) : 0)
            return mixture - likelihood >= log(1 / alpha)
        }
        let middle = hits / trials
        return bound(from: 0, to: middle, isRefuted)...bound(from: 1, to: middle, isRefuted)
    }

    /// Between an end and the share that was seen, the evidence only falls.
    private static func bound(from end: Double, to middle: Double, _ isRefuted: (Double) -> Bool) -> Double {
        guard end != middle, isRefuted(end) else { return end }
        var (outside, inside) = (end, middle)
        for _ in 0..<60 {
            let share = (outside + inside) / 2
            if isRefuted(share) { outside = share } else { inside = share }
        }
        return inside
    }
}
