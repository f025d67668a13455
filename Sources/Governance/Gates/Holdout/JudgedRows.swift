import InferenceProtocol
import Journal
import Statistics

/// A model's answers beside the truth, ready for any metric over any of the rows.
protocol JudgedRows: Sendable {
    var rowCount: Int { get }
    /// What a person should know of how the answers were read.
    var notes: [String] { get }

    /// The metric of `limit` over `rows` (`nil` for all). Where the model's answers are such that it is not defined, it
    /// says so as its value. Throws `invalid` when the rule itself must be mended.
    func metric(_ limit: MetricLimit, rows: [Int]?) throws(ControlError) -> any RowMetric

    /// What is told of such answers without being asked.
    var customary: [MetricLimit] { get }
}

/// A metric that no choice of rows defines.
struct UndefinedMetric: RowMetric {
    let rowCount: Int
    let reason: String

    func value(counting counts: RowCounts) -> MetricValue { .undefined(reason) }
}

/// Predicted numbers beside the true ones.
struct PredictedNumbers: JudgedRows {
    let truth: [Double]
    let predicted: [Double]

    var rowCount: Int { truth.count }
    var notes: [String] { [] }
    var customary: [MetricLimit] { [.mae, .rmse, .r2, .mape].map { MetricLimit(MetricName($0)) } }

    func metric(_ limit: MetricLimit, rows: [Int]?) throws(ControlError) -> any RowMetric {
        let kind: RegressionMetric.Kind
        switch limit.metric.base {
        case .mae: kind = .meanAbsoluteError
        case .rmse: kind = .rootMeanSquaredError
        case .r2: kind = .r2
        case .mape: kind = .meanAbsolutePercentageError
        default: throw ControlError(.invalid, "\(limit.metric) is no metric of numbers", field: "metrics")
        }
        let metric = RegressionMetric(kind, truth: truth.selected(rows), predicted: predicted.selected(rows))
        guard let metric else {
            return UndefinedMetric(rowCount: rows?.count ?? rowCount, reason: "answers are missing")
        }
        return metric
    }
}

extension Array {
    /// The elements at `places`, which are within the array; all of them for `nil`.
    func selected(_ places: [Int]?) -> [Element] {
        guard let places else { return self }
        return places.map { self[$0] }
    }
}
