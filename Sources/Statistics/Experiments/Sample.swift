/// What is known of one arm of an experiment: how many values, their sum and the sum of their squares.
package struct Sample: Sendable, Hashable, Codable {
    package var count: Int
    package var sum: Double
    package var squares: Double

    package init(count: Int, sum: Double, squares: Double) {
        self.count = count
        self.sum = sum
        self.squares = squares
    }

    package init(_ values: [Double]) {
        self.init(
            count: values.count, sum: values.reduce(0, +), squares: values.reduce(0) { $0 + $1 * $1 })
    }

    package var mean: Double? {
        guard count > 0, sum.isFinite else { return nil }
        return sum / Double(count)
    }

    /// With n - 1 below the line; `nil` for fewer than two values.
    package var variance: Double? {
        guard count > 1, let mean, squares.isFinite else { return nil }
        return max(0, squares - Double(count) * mean * mean) / Double(count - 1)
    }

    /// The variance of the mean.
    var meanVariance: Double? { variance.map { $0 / Double(count) } }
}
