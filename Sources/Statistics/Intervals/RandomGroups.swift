/// The interval of any metric over many rows, for the price of a few looks at them: the rows are dealt into groups, the
/// metric is taken of each, and how far the groups differ says how far the whole may be off (the method of random groups:
/// Wolter, "Introduction to Variance Estimation", 2007, chapter 2).
package struct RandomGroups: Sendable, Hashable {
    /// 50 groups: Student's t for 49 degrees of freedom and 95%.
    private static let groups = 50
    private static let score = 2.0095752371292397

    package init() {}

    /// The 95% interval; `nil` where the metric is not defined for the whole, or for one of the groups.
    package func interval(_ metric: any RowMetric) -> (low: Double, high: Double)? {
        guard metric.rowCount >= 4 * Self.groups, let whole = metric.value.value else { return nil }
        var random = Xoshiro256(seed: 20)
        var order = Array(0..<metric.rowCount)
        for index in stride(from: order.count - 1, to: 0, by: -1) { order.swapAt(index, random.below(index + 1)) }
        var values: [Double] = []
        for group in 0..<Self.groups {
            var counts = [UInt32](repeating: 0, count: order.count)
            for place in stride(from: group, to: order.count, by: Self.groups) { counts[order[place]] = 1 }
            guard let value = metric.value(counting: RowCounts(counts)).value else { return nil }
            values.append(value)
        }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        let half = Self.score * (variance / count).squareRoot()
        return half.isFinite ? (whole - half, whole + half) : nil
    }
}
