/// Metrics of predicted numbers, by the formulas of scikit-learn (`mean_absolute_error`, `root_mean_squared_error`,
/// `r2_score`, `mean_absolute_percentage_error`). A truth or prediction that is not finite leaves them undefined.
package struct RegressionMetric: RowMetric {
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// The mean of |truth - prediction|.
        case meanAbsoluteError
        /// The square root of the mean of (truth - prediction)^2.
        case rootMeanSquaredError
        /// 1 - (sum of squared errors) / (sum of squared differences of the truth to its mean); 1 where the truth is
        /// constant and every prediction right, 0 where it is constant and they are not. Undefined under two rows.
        case r2
        /// The mean of |truth - prediction| / |truth|, as a share and not in per cent; a truth under 2^-52 counts as that.
        case meanAbsolutePercentageError
    }

    package let kind: Kind
    package var rowCount: Int { losses.count }
    /// What is averaged, row by row.
    private let losses: [Double]
    /// For R2 only: the truth less its mean over all rows, which loses no digits to a large mean.
    private let centred: [Double]
    private let problem: String?
    private let remark: String?

    /// `nil` when the two differ in length.
    package init?(_ kind: Kind, truth: [Double], predicted: [Double]) {
        guard truth.count == predicted.count else { return nil }
        self.kind = kind
        problem = Self.problem(truth, predicted)
        let errors = zip(truth, predicted).map { $0 - $1 }
        switch kind {
        case .meanAbsoluteError: losses = errors.map(\.magnitude)
        case .rootMeanSquaredError, .r2: losses = errors.map { $0 * $0 }
        case .meanAbsolutePercentageError:
            losses = zip(errors, truth).map { $0.magnitude / max($1.magnitude, Double.ulpOfOne) }
        }
        let zeros = kind == .meanAbsolutePercentageError ? truth.count { $0.magnitude < Double.ulpOfOne } : 0
        remark = zeros > 0 ? "\(zeros) rows have a truth of 0, of which no error is a share" : nil
        if kind == .r2, problem == nil, let first = truth.first {
            // A constant stays one: its mean by summation might be off in the last digit.
            let isConstant = truth.allSatisfy { $0 == first }
            let mean = isConstant ? first : truth.reduce(0) { $0 + $1 / Double(truth.count) }
            centred = truth.map { $0 - mean }
        } else {
            centred = []
        }
    }

    private static func problem(_ truth: [Double], _ predicted: [Double]) -> String? {
        if let row = truth.firstIndex(where: { !$0.isFinite }) {
            return "the truth of row \(row + 1) is not a finite number"
        }
        if let row = predicted.firstIndex(where: { !$0.isFinite }) {
            return "the prediction for row \(row + 1) is not a finite number"
        }
        return nil
    }

    package func value(counting counts: RowCounts) -> MetricValue {
        if let problem { return .undefined(problem) }
        guard let mean = MeanLoss.of(losses, counting: counts) else { return .noRows }
        switch kind {
        case .meanAbsoluteError, .meanAbsolutePercentageError: return MetricValue(mean, remark: remark)
        case .rootMeanSquaredError: return MetricValue(mean.squareRoot())
        case .r2: return r2(meanSquaredError: mean, counts)
        }
    }

    private func r2(meanSquaredError: Double, _ counts: RowCounts) -> MetricValue {
        var (sum, total, constant) = (0.0, 0.0, Double?.none)
        var isConstant = true
        for row in centred.indices {
            let count = Double(counts.counts[row])
            guard count > 0 else { continue }
            sum += centred[row] * count
            total += count
            if let constant, constant != centred[row] { isConstant = false }
            constant = centred[row]
        }
        guard total >= 2 else { return .undefined("it needs at least two rows") }
        let mean = sum / total
        var variance = 0.0
        for row in centred.indices {
            let difference = centred[row] - mean
            variance += difference * difference * Double(counts.counts[row])
        }
        // Differences may be too small to square.
        if isConstant || variance == 0 {
            return MetricValue(meanSquaredError == 0 ? 1 : 0, remark: "the truth is the same in all rows")
        }
        return MetricValue(1 - meanSquaredError * (total / variance))
    }
}
