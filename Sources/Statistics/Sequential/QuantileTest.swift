#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whether a candidate's quantile is above the reference's by more than a ratio, from counts in buckets whose bounds grow
/// evenly.
///
/// In each window the candidate's counts are moved down by the allowed ratio and laid together with the reference's. The
/// bound above which the wanted share of all lies is taken, and it is counted how many of those above are the
/// candidate's. If it is no slower than allowed, its share among them is no larger than among all: given how many there
/// are of each, the count is at most hypergeometric. That is so however slow the window was for both, and however the
/// latencies within it depend on each other, as long as chance decides which request goes where.
///
/// What a bet pays is the likelihood ratio of two binomial distributions. It is convex in the count, and for convex
/// functions drawing without replacement has the smaller expectation (Hoeffding, "Probability Inequalities for Sums of
/// Bounded Random Variables", 1963, theorem 4): so it is at most 1 for the hypergeometric distribution as well.
package struct QuantileTest: Sendable, Hashable, Codable {
    /// The share of requests above the bound: 0.01 for the 99th percentile.
    package let share: Double
    /// By how many buckets the candidate's counts are moved down.
    package let shift: Int
    /// Ticks to a window. Requests that follow each other are alike; a window is long enough to hold most of that.
    private let length: Int
    /// The largest logarithm that one window may add: one bad moment does not decide.
    private let most: Double
    /// Above the bound whose share is nearest to the wanted one, and above the one whose share is nearest from below: two
    /// where latencies are of few kinds, one where they are not. Half of the wealth is on each. Absent in what earlier
    /// versions stored; then they begin with the next window.
    private var nearest: BoundTest?
    private var below: BoundTest?
    private var reference: [UInt64] = []
    private var candidate: [UInt64] = []
    private var ticks = 0
    /// Both together, the newest counting most.
    private var past: [Double] = []

    package init(share: Double, shift: Int, length: Int, most: Double) {
        self.share = min(max(0.0001, share), 0.9)
        self.shift = max(0, shift)
        self.length = max(1, length)
        self.most = most
    }

    /// The logarithm of the e-value, divided by how much more the windows differ than chance alone makes them.
    package var logarithm: Double {
        let (one, other) = (nearest?.logarithm ?? 0, below?.logarithm ?? 0)
        let larger = max(one, other)
        return larger + log((exp(one - larger) + exp(other - larger)) / 2)
    }

    /// From here on the candidate has another share of the requests.
    package mutating func beginStep() {
        nearest?.beginAnew()
        below?.beginAnew()
    }

    /// Takes what both did in the same short time: successes by bucket.
    package mutating func observe(reference seen: [UInt64], candidate tried: [UInt64]) {
        reference.add(seen)
        candidate.add(tried.shifted(down: shift))
        ticks += 1
        guard ticks >= length else { return }
        let (all, own) = (reference.total, candidate.total)
        if own == 0 || all == 0 {
            // The one waits for the other, but not for so long that they no longer belong together.
            if ticks >= 10 * length { close(remembering: all > 0) }
            return
        }
        judge()
        close(remembering: true)
    }

    private mutating func judge() {
        guard let bounds = bounds() else { return }
        let (reference, candidate, most) = (reference, candidate, most)
        func judge(_ test: inout BoundTest?, _ bound: Bound) {
            let own = candidate.above(bound.bucket)
            let marked = own + reference.above(bound.bucket)
            let (drawn, all) = (candidate.total, candidate.total + reference.total)
            var next = test ?? BoundTest()
            next.observe(own, marked: marked, drawn: drawn, of: all, most: most, share: bound.share)
            test = next
        }
        judge(&nearest, bounds.nearest)
        judge(&below, bounds.below)
    }

    /// The bucket above which a share of all lies.
    private struct Bound {
        var bucket: Int
        var share: Double
    }

    /// Of this window and those before: the bound whose odds are nearest to the wanted ones, and the lowest with a share no
    /// larger than wanted.
    private func bounds() -> (nearest: Bound, below: Bound)? {
        var counts = past
        counts.add(reference)
        counts.add(candidate)
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        let wanted = share / (1 - share)
        var above = total
        var best: (bound: Bound, distance: Double)?
        var below: Bound?
        for (bucket, count) in counts.enumerated() {
            above -= count
            guard above > 0.5 else { break }
            // With everything above it nothing stands out.
            guard above < total else { continue }
            let bound = Bound(bucket: bucket, share: above / total)
            let odds = above / (total - above)
            if below == nil, bound.share <= share { below = bound }
            // Of two that are equally far, the one with less above it: what is slower than usual stands out there.
            let distance = abs(log(odds / wanted)) + (odds > wanted ? log(2.0) : 0)
            if best.map({ distance < $0.distance }) ?? true { best = (bound, distance) }
        }
        return best.map { ($0.bound, below ?? $0.bound) }
    }

    /// Of `marked` among `all`, `own` are with the candidate, which has `drawn` of all.
    static func logFactor(_ own: Double, marked: Double, drawn: Double, of all: Double, odds: Double) -> Double {
        guard drawn > 0, drawn < all, marked > 0, marked < all else { return 0 }
        // The distribution is the same with the two sets exchanged; the smaller one is nearer to being drawn from afresh.
        let draws = min(drawn, marked)
        let chance = max(drawn, marked) / all
        let scale = 1 + chance * (odds - 1)
        return own * log(odds / scale) - (draws - own) * log(scale)
    }

    private mutating func close(remembering: Bool) {
        if remembering {
            let added = reference.total + candidate.total
            let fading = exp(-min(Double(ticks) / 40, added / 3000))
            past = past.map { ($0 * fading * 1000).rounded() / 1000 }
            past.add(reference)
            past.add(candidate)
        }
        reference = []
        candidate = []
        ticks = 0
    }
}

/// What is above one bound: the evidence that too much of it is the candidate's.
private struct BoundTest: Sendable, Hashable, Codable {
    /// By which factor a bet raises the odds of being above the bound.
    private static let odds = [3.0, 15]

    private var evidence = Evidence(bets: odds.count)
    private var dispersion = Dispersion()
    /// The share above the bound, as it was when the dispersion last began to be fitted.
    private var fittedShare: Double?

    var logarithm: Double { evidence.logarithm / dispersion.factor }

    mutating func beginAnew() { dispersion.beginAnew() }

    /// Of `marked` among `all`, `own` are with the candidate, which has `drawn` of all.
    ///
    /// - Parameter share: of those above the bound, in this window and those before.
    mutating func observe(
        _ own: Double, marked: Double, drawn: Double, of all: Double, most: Double, share: Double
    ) {
        if abs(log(share / (fittedShare ?? share))) > 1 {
            beginAnew()
            fittedShare = share
        } else if fittedShare == nil {
            fittedShare = share
        }
        evidence.observe(
            Self.odds.map { odds in
                min(most, QuantileTest.logFactor(own, marked: marked, drawn: drawn, of: all, odds: odds))
            })
        dispersion.observe(own, marked: marked, drawn: drawn, of: all)
    }
}
