/// Chances of many tests at once, put so that each can be held against one level.
package enum MultipleTesting {
    /// Holm's step-down procedure (1979): where no test has anything to find, the chance that the smallest of these is at
    /// most a level is at most that level, however the tests depend on each other.
    package static func holm(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
        var adjusted = pValues
        var largest = 0.0
        for (rank, index) in order.enumerated() {
            largest = max(largest, min(1, pValues[index] * Double(pValues.count - rank)))
            adjusted[index] = largest
        }
        return adjusted
    }

    /// The step-up procedure of Benjamini and Hochberg (1995), as `scipy.stats.false_discovery_control`: of those at most a
    /// level, about that share has nothing to find.
    package static func benjaminiHochberg(_ pValues: [Double]) -> [Double] {
        let order = pValues.indices.sorted { pValues[$0] < pValues[$1] }
        var adjusted = pValues
        var smallest = 1.0
        for (rank, index) in order.enumerated().reversed() {
            smallest = min(smallest, pValues[index] * Double(pValues.count) / Double(rank + 1))
            adjusted[index] = smallest
        }
        return adjusted
    }
}
