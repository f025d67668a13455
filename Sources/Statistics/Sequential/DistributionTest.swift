/// Whether what a candidate answers is distributed otherwise than what the reference answers, by more than a distance:
/// the largest difference of the two in any set of values that is looked at (for numbers, those up to a bound: the
/// distance of Kolmogorov and Smirnov; for texts, any set: total variation).
///
/// Before each window, the set in which the windows so far differ most is chosen; then it is a bet on rates, as good as
/// any that is made beforehand. Shekhar and Ramdas, "Nonparametric Two-Sample Testing by Betting" (2023).
package struct DistributionTest: Sendable, Hashable, Codable {
    private static let reaches = [0.02, 0.1, 0.3, 0.8]
    private static let most = 2.0

    package let margin: Double
    /// Numbers, whose bins are in the order of the values.
    package let isOrdered: Bool
    private let length: Int
    package private(set) var evidence: Evidence
    private var reference: [UInt64] = []
    private var candidate: [UInt64] = []
    private var ticks = 0
    /// Of all windows: the candidate's counts, and the reference's shares for as many, so that a day that changes both,
    /// or weights that change, make no difference between them.
    private var referencePast: [Double] = []
    private var candidatePast: [Double] = []

    package init(margin: Double, isOrdered: Bool, length: Int = 2) {
        self.margin = min(max(0, margin), 0.99)
        self.isOrdered = isOrdered
        self.length = max(1, length)
        evidence = Evidence(bets: Self.reaches.count)
    }

    /// Takes what both answered in the same short time, by bin.
    ///
    /// - Parameter weight: of one counted value, at most 1: values of one request are not independent of each other.
    package mutating func observe(reference seen: [UInt64], candidate tried: [UInt64], weight: Double = 1) {
        reference.add(seen)
        candidate.add(tried)
        ticks += 1
        guard ticks >= length else { return }
        let (all, own) = (reference.total, candidate.total)
        if own > 0, all > 0 {
            judge(min(1, max(0, weight)))
            referencePast.add(reference, times: own / all)
            candidatePast.add(candidate, times: 1)
        } else if ticks < 10 * length {
            return
        }
        reference = []
        candidate = []
        ticks = 0
    }

    /// The largest difference so far, as it is among the values that were seen; `nil` before there are any.
    package var distance: Double? {
        guard candidatePast.contains(where: { $0 > 0 }) else { return nil }
        return suspects().distance
    }

    private mutating func judge(_ weight: Double) {
        guard let base = baseRate() else { return }
        let seen = Tally(trials: reference.total, hits: reference.total(in: base.set)).scaled(by: weight)
        let tried = Tally(trials: candidate.total, hits: candidate.total(in: base.set)).scaled(by: weight)
        evidence.observe(
            Self.reaches.map { reach in
                let border = min(0.99, base.rate + margin)
                let bet = TwoByTwo(reference: base.rate, candidate: border + reach * (1 - border), margin: margin)
                return min(Self.most, bet.logFactor(reference: seen, candidate: tried))
            })
    }

    private func baseRate() -> (set: [Bool], rate: Double)? {
        let total = referencePast.reduce(0, +)
        guard total > 0 else { return nil }
        let set = suspects().set
        let inside = zip(referencePast, set).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
        return (set, min(0.98 - margin, max(0.005, inside / total)))
    }

    /// The set of bins that the candidate is in more often than the reference, by the most.
    private func suspects() -> (set: [Bool], distance: Double) {
        let size = max(referencePast.count, candidatePast.count)
        let seen = Self.shares(referencePast, size)
        let tried = Self.shares(candidatePast, size)
        let differences = zip(tried, seen).map { $0 - $1 }
        guard isOrdered else {
            return (differences.map { $0 > 0 }, differences.reduce(0) { $0 + max(0, $1) })
        }
        var sum = 0.0
        var best = (bin: 0, sum: 0.0)
        for (bin, difference) in differences.enumerated() {
            sum += difference
            if abs(sum) > abs(best.sum) { best = (bin, sum) }
        }
        return ((0..<size).map { ($0 <= best.bin) == (best.sum > 0) }, abs(best.sum))
    }

    private static func shares(_ counts: [Double], _ size: Int) -> [Double] {
        let total = counts.reduce(0, +)
        guard total > 0 else { return Array(repeating: 0, count: size) }
        return (0..<size).map { $0 < counts.count ? counts[$0] / total : 0 }
    }
}

extension Array where Element == UInt64 {
    /// What lies in the buckets of a set; a bucket that the set does not name is not in it.
    fileprivate func total(in set: [Bool]) -> Double {
        zip(self, set).reduce(0.0) { $0 + ($1.1 ? Double($1.0) : 0) }
    }
}
