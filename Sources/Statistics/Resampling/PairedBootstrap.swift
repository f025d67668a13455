/// How sure one can be of the difference between two models: both are judged on the same rows, drawn again and again with
/// replacement, and the differences that come out are the spread that chance alone gives to the one that was seen.
///
/// The interval is the percentile interval with equal tails: Efron and Tibshirani, "An Introduction to the Bootstrap"
/// (1993), chapter 13. Rows are drawn in pairs, one draw for both models, so that what is hard about a row for both of them
/// cancels out.
package struct PairedBootstrap: Sendable, Hashable {
    package var resamples: Int
    /// Between 0 and 1: the share of intervals that hold the true difference.
    package var confidence: Double
    package var seed: UInt64

    package init(resamples: Int = 1000, confidence: Double = 0.95, seed: UInt64 = 20) {
        self.resamples = resamples
        self.confidence = confidence
        self.seed = seed
    }

    package struct Interval: Sendable, Hashable {
        /// The metric of the first model less that of the second, on the rows as they are.
        package let difference: Double
        package let low: Double
        package let high: Double
        /// Draws in which the metric was defined for both. Those in which it was not (a rare class that was not drawn)
        /// tell nothing.
        package let used: Int
    }

    /// The interval of `first` less `second`; `nil` when the difference is not defined, when the two have not the same
    /// number of rows, or when the metric is undefined in more than half of the draws.
    ///
    /// - Parameter isWanted: asked now and then; when it says no, there is no interval.
    package func interval(
        _ first: any RowMetric, less second: any RowMetric, while isWanted: () -> Bool = { true }
    ) -> Interval? {
        guard first.rowCount == second.rowCount, resamples > 0, let difference = difference(first, second, nil) else {
            return nil
        }
        var random = Xoshiro256(seed: seed)
        var counts = RowCounts(once: first.rowCount)
        var differences: [Double] = []
        for draw in 0..<resamples {
            if draw % 16 == 0, !isWanted() { return nil }
            counts.draw(&random)
            if let difference = self.difference(first, second, counts) { differences.append(difference) }
        }
        guard differences.count * 2 >= resamples else { return nil }
        differences.sort()
        let tail = (1 - min(1, max(0, confidence))) / 2
        guard let low = Quantile.of(tail, sorted: differences), let high = Quantile.of(1 - tail, sorted: differences)
        else { return nil }
        return Interval(difference: difference, low: low, high: max(low, high), used: differences.count)
    }

    private func difference(_ first: any RowMetric, _ second: any RowMetric, _ counts: RowCounts?) -> Double? {
        let counts = counts ?? RowCounts(once: first.rowCount)
        guard let one = first.value(counting: counts).value, let other = second.value(counting: counts).value else {
            return nil
        }
        let difference = one - other
        return difference.isFinite ? difference : nil
    }
}
