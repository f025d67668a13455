#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Fisher's exact test of two rates: what is the chance that as many of the marked rows lie in the second of two samples,
/// when all orders are equally likely? Exact for any size, the smallest too.
package enum Hypergeometric {
    /// `scipy.stats.fisher_exact([[now, current - now], [before, reference - before]], alternative="greater")`.
    ///
    /// - Parameters:
    ///   - before: marked rows of the reference, of which there are `reference`.
    ///   - now: marked rows of the current sample, of which there are `current`.
    /// - Returns: 1 where the counts make no sense.
    package static func greater(before: Int, of reference: Int, now: Int, of current: Int) -> Double {
        guard before >= 0, now >= 0, before <= reference, now <= current, reference <= 1 << 40, current <= 1 << 40,
            current > 0, reference > 0
        else { return 1 }
        let (marked, all) = (before + now, reference + current)
        let most = min(marked, current)
        // The ratio of one term to the one before it falls from term to term: behind the mode they fade out quickly.
        var term = exp(
            logChoose(marked, now) + logChoose(all - marked, current - now) - logChoose(all, current))
        let mean = Double(marked) * Double(current) / Double(all)
        var (sum, hits) = (0.0, now)
        while hits <= most {
            sum += term
            if Double(hits) > mean, term < sum * 1e-17 { break }
            let up = Double(marked - hits) * Double(current - hits)
            let down = Double(hits + 1) * Double(all - marked - current + hits + 1)
            guard down > 0 else { break }
            term *= up / down
            hits += 1
        }
        // Far below the mode the first term is no number that can be told from 0, and the rest neither.
        if Double(now) <= mean, sum < 1e-3 { return 1 }
        return min(1, sum)
    }

    /// Twice the smaller of the two one-sided chances.
    package static func twoSided(before: Int, of reference: Int, now: Int, of current: Int) -> Double {
        let more = greater(before: before, of: reference, now: now, of: current)
        let less = greater(before: reference - before, of: reference, now: current - now, of: current)
        return min(1, 2 * min(more, less))
    }

    private static func logChoose(_ whole: Int, _ part: Int) -> Double {
        LogGamma.of(Double(whole) + 1) - LogGamma.of(Double(part) + 1) - LogGamma.of(Double(whole - part) + 1)
    }
}
