#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Mean losses of predicted probabilities, by the formulas of scikit-learn, in double precision whatever the model
/// computes with. Probabilities outside 0 to 1 leave them undefined; those that do not sum to 1 are remarked upon.
package struct ProbabilityMetric: RowMetric {
    package enum Kind: Sendable, Hashable {
        /// `log_loss`: the mean of minus the natural logarithm of the probability of the true class, which is first
        /// brought to at least 2^-52 and at most 1 - 2^-52.
        case logLoss
        /// `brier_score_loss`. With two classes the mean of the squared difference between the probability of
        /// `positive` and what is true of it; with more the mean of the sum of those over all classes, from 0 to 2.
        case brier(positive: Int)
    }

    package let kind: Kind
    package var rowCount: Int { losses.count }
    private let losses: [Double]
    private let problem: String?
    private let remark: String?

    package init(_ kind: Kind, of rows: ScoredRows) {
        self.kind = kind
        var classes = Array(rows.scores.indices)
        if case .brier(let positive) = kind, classes.count == 2, classes.contains(positive) { classes = [positive] }
        problem = rows.classCount < 2 ? "there is only one class" : rows.notProbabilities(in: classes)
        remark = problem == nil && classes.count > 1 ? rows.notSummingToOne : nil
        losses = rows.truth.indices.map { row in
            let truth = Int(rows.truth[row])
            return switch kind {
            case .logLoss: Self.logLoss(rows.scores[truth][row])
            case .brier: classes.reduce(0) { $0 + Self.squaredError(rows, row, $1, truth) }
            }
        }
    }

    package func value(counting counts: RowCounts) -> MetricValue {
        if let problem { return .undefined(problem) }
        guard let mean = MeanLoss.of(losses, counting: counts) else { return .noRows }
        return MetricValue(mean, remark: remark)
    }

    /// `Double.ulpOfOne` is `numpy.finfo(float).eps`.
    private static func logLoss(_ probability: Double) -> Double {
        -log(min(1 - Double.ulpOfOne, max(Double.ulpOfOne, probability)))
    }

    private static func squaredError(_ rows: ScoredRows, _ row: Int, _ index: Int, _ truth: Int) -> Double {
        let error = rows.scores[index][row] - (index == truth ? 1 : 0)
        return error * error
    }
}

/// The mean of a loss that each row has for itself.
enum MeanLoss {
    /// `nil` when no row counts.
    static func of(_ losses: [Double], counting counts: RowCounts) -> Double? {
        guard losses.count == counts.counts.count else { return nil }
        var (sum, total) = (0.0, 0.0)
        for row in losses.indices {
            let count = Double(counts.counts[row])
            // Not multiplied by 0: an infinite loss of a row that does not count is no loss.
            guard count > 0 else { continue }
            sum += losses[row] * count
            total += count
        }
        return total > 0 ? sum / total : nil
    }
}
