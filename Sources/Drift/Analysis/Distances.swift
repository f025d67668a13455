import Statistics

/// How far a window is from its reference, over the same bins.
package struct Distances: Sendable, Hashable {
    package let reference: [Double]
    package let current: [Double]
    /// The population stability index.
    package let stabilityIndex: Double?
    package let jensenShannon: Double?
    package let cramersV: Double?
    /// Of numbers only.
    package var kolmogorovSmirnov: Double?
    /// Of numbers only, in standard deviations of the reference.
    package var wasserstein: Double?

    /// - Parameters:
    ///   - reference: counts, by bin.
    ///   - current: as many; no bin is empty in both.
    init(reference: [Double], current: [Double]) {
        self.reference = reference
        self.current = current
        stabilityIndex = PopulationStability.index(reference: reference, current: current)
        jensenShannon = JensenShannon.distance(reference: reference, current: current)
        cramersV = ChiSquare(reference: reference, current: current)?.cramersV
    }

    /// By how much the index is above what chance alone makes of samples as large.
    var excess: Double {
        let chance = PopulationStability.byChance(
            bins: reference.count, reference: reference.reduce(0, +), current: current.reduce(0, +))
        return (stabilityIndex ?? 0) - chance
    }

    /// A bin of which fewer than this are expected in one of the samples is put together with others: the chi-square
    /// distribution is a poor likeness of the statistic otherwise, and worst in its tail: with 5 expected in each of ten, a
    /// chance of one in 100,000 is one in 50,000.
    private static let leastExpected = 10.0

    /// The chance of bins as different as these where both samples are of one population; 1 where they are too few to tell.
    ///
    /// Which bins are put together is for the reference alone to say. By the counts of both, bins that happen to be
    /// emptier in the window would come together, and what is chance in each would be drift in all of them.
    var chance: Double {
        let (all, seen) = (reference.reduce(0, +), current.reduce(0, +))
        guard all > 0, seen > 0 else { return 1 }
        let order = reference.indices.sorted { reference[$0] > reference[$1] }
        var (before, now) = ([Double](), [Double]())
        var rest = (before: 0.0, now: 0.0)
        func isEnough(_ count: Double) -> Bool { count * min(1, seen / all) >= Self.leastExpected }
        for bin in order {
            if isEnough(reference[bin]) {
                before.append(reference[bin])
                now.append(current[bin])
            } else {
                rest.before += reference[bin]
                rest.now += current[bin]
            }
        }
        if isEnough(rest.before) {
            before.append(rest.before)
            now.append(rest.now)
        } else if !before.isEmpty {
            before[before.count - 1] += rest.before
            now[now.count - 1] += rest.now
        }
        return ChiSquare(reference: before, current: now)?.pValue ?? 1
    }
}
