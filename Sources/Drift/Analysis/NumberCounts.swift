import Statistics

/// What came of the numbers of one feature, counted in the cells of its reference.
package struct NumberCounts: Sendable, Hashable {
    package internal(set) var cells: [UInt64]
    package internal(set) var missing: UInt64 = 0
    package internal(set) var infinite: UInt64 = 0
    /// Of those below and above the reference's range: where they lie on average.
    private(set) var below = RunningMean()
    private(set) var above = RunningMean()
    private(set) var all = RunningMean()

    package init(_ reference: NumberReference) { cells = Array(repeating: 0, count: 2 * reference.edges.count + 1) }

    init(cells: [UInt64], missing: UInt64, infinite: UInt64, below: RunningMean, above: RunningMean, all: RunningMean) {
        self.cells = cells
        self.missing = missing
        self.infinite = infinite
        self.below = below
        self.above = above
        self.all = all
    }

    package mutating func add(_ value: Double, against reference: NumberReference) {
        if value.isNaN {
            missing += 1
        } else if value.isInfinite {
            infinite += 1
        } else {
            let cell = reference.cell(of: value)
            cells[cell] += 1
            all.add(value)
            if cell == 0 { below.add(value) }
            if cell == cells.count - 1 { above.add(value) }
        }
    }

    /// What both have counted, against the same reference.
    package mutating func merge(_ other: NumberCounts) {
        guard cells.count == other.cells.count else { return }
        for cell in cells.indices { cells[cell] += other.cells[cell] }
        missing += other.missing
        infinite += other.infinite
        below.merge(other.below)
        above.merge(other.above)
        all.merge(other.all)
    }

    package var total: UInt64 { cells.reduce(0, +) }
    package var rows: UInt64 { total + missing + infinite }
    package var mean: Double? { all.count > 0 ? all.mean : nil }
    var counts: [Double] { cells.map { Double($0) } }
    /// Below the smallest and above the largest value of the reference.
    package var outOfRange: UInt64 { cells.count > 1 ? cells[0] + cells[cells.count - 1] : cells[0] }

    package var byteCount: Int { MemoryLayout<Self>.size + cells.count * 8 + 32 }
}

/// A mean that takes one value after the other.
package struct RunningMean: Sendable, Hashable {
    package internal(set) var count: UInt64 = 0
    package internal(set) var mean = 0.0

    mutating func add(_ value: Double) {
        count += 1
        // Two large numbers of opposite sign have a difference that is none.
        mean += value / Double(count) - mean / Double(count)
    }

    mutating func merge(_ other: RunningMean) {
        guard other.count > 0 else { return }
        let share = Double(other.count) / Double(count + other.count)
        mean = mean * (1 - share) + other.mean * share
        count += other.count
    }
}

extension NumberReference {
    /// How far what was counted is from the reference.
    package func distances(to current: NumberCounts) -> Distances {
        let now = current.counts
        let (before, after) = (binned(counts), binned(now))
        let kept = before.indices.filter { before[$0] + after[$0] > 0 }
        var distances = Distances(
            reference: kept.map { before[$0] }, current: kept.map { after[$0] })
        distances.kolmogorovSmirnov = kolmogorovSmirnov(now)
        if deviation > 0 { distances.wasserstein = wasserstein(current).map { $0 / deviation } }
        return distances
    }

    /// The largest difference of the two distribution functions at the ends of cells.
    private func kolmogorovSmirnov(_ now: [Double]) -> Double? {
        let (all, seen) = (total, now.reduce(0, +))
        guard all > 0, seen > 0, now.count == counts.count else { return nil }
        var (before, after, largest) = (0.0, 0.0, 0.0)
        for cell in counts.indices {
            before += counts[cell] / all
            after += now[cell] / seen
            largest = max(largest, abs(before - after))
        }
        return min(1, largest)
    }

    /// With each cell's values in its middle, and those out of range where they lie on average.
    private func wasserstein(_ current: NumberCounts) -> Double? {
        guard let first = edges.first, let last = edges.last else { return nil }
        let places = counts.indices.map { cell -> Double in
            if cell % 2 == 1 { return edges[cell / 2] }
            if cell == 0 { return current.below.count > 0 ? current.below.mean : first }
            if cell == counts.count - 1 { return current.above.count > 0 ? current.above.mean : last }
            return edges[cell / 2 - 1] / 2 + edges[cell / 2] / 2
        }
        return Wasserstein.distance(
            WeightedValues(weighted: zip(places, counts).map { ($0, $1) }),
            WeightedValues(weighted: zip(places, current.counts).map { ($0, $1) }))
    }
}
