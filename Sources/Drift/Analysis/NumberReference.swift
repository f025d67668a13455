package import Statistics

/// What the numbers of one feature are held against: their distribution in the reference, as counts between and at fixed
/// edges. What is counted between the same edges later is exact, however much of it there is, and can be added up.
///
/// With the edges e0 < e1 < ..., cell 2i lies between e(i-1) and ei, and cell 2i + 1 is ei itself: so a value that comes
/// over and over has a cell of its own.
package struct NumberReference: Sendable, Hashable {
    /// Into so many parts of equal size the reference is cut. No distribution function is off by more than one of them
    /// between two edges, whatever the current values are: less than 0.01.
    static let parts = 120
    /// Of those, how many make a bin of the stability index and the chi-square test: ten bins.
    static let partsOfBin = 12
    /// A feature with at most so many different values is taken as categories.
    static let mostValues = 32
    static let mostEdges = parts + 1

    /// Ascending; the first is the smallest value, the last the largest.
    package let edges: [Double]
    /// By cell: 2 `edges.count` + 1.
    package let counts: [Double]
    /// Rows without a value: not-a-number.
    package let missing: Double
    package let infinite: Double
    package let mean: Double
    /// The standard deviation.
    package let deviation: Double
    /// Whether its values are few, and each of them an edge.
    package let isDiscrete: Bool
    /// By cell: the bin it belongs to.
    let bins: [Int]
    package let binCount: Int

    /// - Parameters:
    ///   - values: the finite ones; they may be none.
    ///   - missing: rows besides those.
    ///   - infinite: rows besides those.
    package init(_ values: WeightedValues, missing: Double, infinite: Double) {
        let isDiscrete = values.values.count <= Self.mostValues && values.total >= 5 * Double(values.values.count)
        let ranks = (0...Self.parts).map { Self.value($0, of: values) }
        var edges: [Double] = []
        for edge in isDiscrete ? values.values : ranks.compactMap(\.self) where edges.last != edge {
            edges.append(edge)
        }
        var counts = [Double](repeating: 0, count: 2 * edges.count + 1)
        var (sum, squares) = (0.0, 0.0)
        for (value, weight) in zip(values.values, values.weights) {
            counts[Self.cell(of: value, among: edges)] += weight
            sum += value * (weight / values.total)
        }
        for (value, weight) in zip(values.values, values.weights) {
            squares += (value - sum) * (value - sum) * (weight / values.total)
        }
        let cuts = stride(from: Self.partsOfBin, to: Self.parts, by: Self.partsOfBin).compactMap { ranks[$0] }
        self.init(
            edges: edges, counts: counts, missing: missing, infinite: infinite, mean: sum,
            deviation: squares.squareRoot(), isDiscrete: isDiscrete, cuts: cuts)
    }

    /// As it was once made.
    init(
        edges: [Double], counts: [Double], missing: Double, infinite: Double, mean: Double, deviation: Double,
        isDiscrete: Bool, cuts: [Double]
    ) {
        self.edges = edges
        self.counts = counts
        self.missing = missing
        self.infinite = infinite
        self.mean = mean
        self.deviation = deviation
        self.isDiscrete = isDiscrete
        let cells = 2 * edges.count + 1
        if isDiscrete {
            // Each value a bin, and one for whatever is none of them.
            bins = (0..<cells).map { $0 % 2 == 1 ? $0 / 2 : edges.count }
            binCount = edges.count + 1
        } else {
            var distinct: [Double] = []
            for cut in cuts where distinct.last != cut { distinct.append(cut) }
            // A bin ends with its edge, which belongs to it.
            bins = (0..<cells).map { cell in
                guard cell / 2 < edges.count else { return distinct.count }
                return distinct.firstIndex { edges[cell / 2] <= $0 } ?? distinct.count
            }
            binCount = distinct.count + 1
        }
        self.cuts = cuts
    }

    /// Where its bins end, each the last value of one.
    let cuts: [Double]

    /// Finite values.
    package var total: Double { counts.reduce(0, +) }
    package var rows: Double { total + missing + infinite }

    /// The smallest value up to which `part` of `parts` lie: the inverse of the distribution function.
    private static func value(_ part: Int, of values: WeightedValues) -> Double? {
        let wanted = Double(part) * values.total
        var sum = 0.0
        for (value, weight) in zip(values.values, values.weights) {
            sum += weight
            if sum * Double(parts) >= wanted { return value }
        }
        return values.values.last
    }

    /// The cell of a finite number.
    func cell(of value: Double) -> Int { Self.cell(of: value, among: edges) }

    private static func cell(of value: Double, among edges: [Double]) -> Int {
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low < edges.count && edges[low] == value ? 2 * low + 1 : 2 * low
    }

    /// Counts of cells, added up by bin.
    func binned(_ counts: [Double]) -> [Double] {
        var binned = [Double](repeating: 0, count: binCount)
        for (cell, count) in counts.enumerated() { binned[bins[cell]] += count }
        return binned
    }

    package var byteCount: Int {
        MemoryLayout<Self>.size + (edges.count + counts.count + cuts.count) * 8 + bins.count * 8 + 128
    }
}
