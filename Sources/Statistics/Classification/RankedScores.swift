/// Scores of one class against all others, sorted once: the higher the score, the surer is the model of the class.
struct RankedScores: Sendable {
    /// Rows in descending order of their scores.
    private let order: [Int32]
    /// Whether the row at that place is of the class.
    private let isPositive: [Bool]
    /// Whether the row at that place is the last of those with the same score.
    private let endsTie: [Bool]

    /// As many `scores`, all finite, as rows in `truth`.
    init(scores: [Double], truth: [Int32], positive: Int32) {
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        self.order = order.map { Int32(truncatingIfNeeded: $0) }
        isPositive = order.map { truth[$0] == positive }
        endsTie = order.indices.map { place in
            place + 1 == order.count || scores[order[place + 1]] != scores[order[place]]
        }
    }

    /// How many rows are of the class, and how many are not.
    func support(_ counts: RowCounts) -> (positives: Double, negatives: Double) {
        var (positives, negatives) = (0.0, 0.0)
        for place in order.indices {
            let count = Double(counts.counts[Int(order[place])])
            if isPositive[place] { positives += count } else { negatives += count }
        }
        return (positives, negatives)
    }

    /// The area under the ROC curve by the trapezoidal rule (`roc_auc_score`): the share of pairs of a positive and a
    /// negative row in which the positive one has the higher score, equal scores counting half. `nil` without such pairs.
    func rocAUC(_ counts: RowCounts) -> Double? {
        var (positives, negatives, pairs) = (0.0, 0.0, 0.0)
        var (tiedPositives, tiedNegatives) = (0.0, 0.0)
        for place in order.indices {
            let count = Double(counts.counts[Int(order[place])])
            if isPositive[place] { tiedPositives += count } else { tiedNegatives += count }
            guard endsTie[place] else { continue }
            pairs += tiedNegatives * (positives + tiedPositives / 2)
            positives += tiedPositives
            negatives += tiedNegatives
            (tiedPositives, tiedNegatives) = (0, 0)
        }
        guard positives > 0, negatives > 0 else { return nil }
        return pairs / (positives * negatives)
    }

    /// The area under the precision-recall curve as a sum of steps, without interpolation (`average_precision_score`):
    /// the sum over all thresholds of `(R_n - R_(n-1)) P_n`. `nil` when no row is of the class.
    func averagePrecision(_ counts: RowCounts) -> Double? {
        var (positives, seen, area) = (0.0, 0.0, 0.0)
        var (tiedPositives, tied) = (0.0, 0.0)
        for place in order.indices {
            let count = Double(counts.counts[Int(order[place])])
            if isPositive[place] { tiedPositives += count }
            tied += count
            guard endsTie[place] else { continue }
            positives += tiedPositives
            seen += tied
            if tiedPositives > 0 { area += tiedPositives * (positives / seen) }
            (tiedPositives, tied) = (0, 0)
        }
        return positives > 0 ? area / positives : nil
    }
}
