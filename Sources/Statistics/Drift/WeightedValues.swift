/// Numbers in ascending order, each with how much there is of it: a sample, or what a summary has kept of one.
package struct WeightedValues: Sendable, Hashable {
    package private(set) var values: [Double]
    package private(set) var weights: [Double]
    package let total: Double

    /// Values that are not finite, and those without a weight above 0, are left out.
    package init(weighted pairs: [(value: Double, weight: Double)]) {
        let kept = pairs.filter { $0.value.isFinite && $0.weight > 0 && $0.weight.isFinite }.sorted {
            $0.value < $1.value
        }
        values = []
        weights = []
        for pair in kept {
            if let last = values.last, last == pair.value {
                weights[weights.count - 1] += pair.weight
            } else {
                values.append(pair.value)
                weights.append(pair.weight)
            }
        }
        total = weights.reduce(0, +)
    }

    /// A sample as it is.
    package init(_ sample: [Double]) { self.init(weighted: sample.map { ($0, 1) }) }

    /// Calls `body` for each value of either, in ascending order: with the shares of both up to it, itself included, and
    /// with the next value, where there is one. Nothing where one of the two is empty.
    static func walk(
        _ first: WeightedValues, _ second: WeightedValues,
        _ body: (_ value: Double, _ first: Double, _ second: Double, _ next: Double?) -> Void
    ) {
        guard first.total > 0, second.total > 0 else { return }
        var (i, j, before, now) = (0, 0, 0.0, 0.0)
        while i < first.values.count || j < second.values.count {
            let value = min(
                i < first.values.count ? first.values[i] : .infinity,
                j < second.values.count ? second.values[j] : .infinity)
            if i < first.values.count, first.values[i] == value {
                before += first.weights[i]
                i += 1
            }
            if j < second.values.count, second.values[j] == value {
                now += second.weights[j]
                j += 1
            }
            let next = min(
                i < first.values.count ? first.values[i] : .infinity,
                j < second.values.count ? second.values[j] : .infinity)
            body(value, before / first.total, now / second.total, next.isFinite ? next : nil)
        }
    }
}
