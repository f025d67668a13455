/// One model's answers to rows whose truth is known, made ready for one metric: sorted, classed, or turned into a loss
/// for each row, so that the metric can be taken over the rows many times with little work, as a bootstrap does.
package protocol RowMetric: Sendable {
    var rowCount: Int { get }

    /// The metric where row i counts `counts[i]` times. `counts` has `rowCount` entries; with any other number of them
    /// the metric is not defined.
    func value(counting counts: RowCounts) -> MetricValue
}

extension RowMetric {
    /// The metric over the rows as they are.
    package var value: MetricValue { value(counting: RowCounts(once: rowCount)) }
}

/// How often each row counts.
package struct RowCounts: Sendable, Hashable {
    package private(set) var counts: [UInt32]

    package init(_ counts: [UInt32]) {
        self.counts = counts
    }

    /// Each row once.
    package init(once rowCount: Int) {
        counts = Array(repeating: 1, count: max(0, rowCount))
    }

    /// Draws as many rows as there are, with replacement.
    mutating func draw(_ random: inout Xoshiro256) {
        counts.withUnsafeMutableBufferPointer { counts in
            for index in counts.indices { counts[index] = 0 }
            for _ in counts.indices { counts[random.below(counts.count)] &+= 1 }
        }
    }
}
