/// The first Wasserstein distance of two samples, as `scipy.stats.wasserstein_distance`: the area between their
/// distribution functions, in the unit of the values. It is how far values have moved on average.
package enum Wasserstein {
    /// `nil` where one of the two is empty.
    package static func distance(_ reference: WeightedValues, _ current: WeightedValues) -> Double? {
        guard reference.total > 0, current.total > 0 else { return nil }
        var sum = 0.0
        WeightedValues.walk(reference, current) { value, before, now, next in
            if let next { sum += abs(before - now) * (next - value) }
        }
        return sum
    }
}
