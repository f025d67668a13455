import Statistics

/// Predicted numbers beside the true ones.
struct JudgedNumbers: Sendable {
    let truth: [Double]
    let predicted: [Double]
    /// Which of the joined rows these are.
    let places: [Int]
    private(set) var notes: [String] = []

    /// Rows of which both are numbers.
    init(_ rows: JoinedRows) {
        var (truth, predicted, places): ([Double], [Double], [Int]) = ([], [], [])
        for row in 0..<rows.count {
            let number =
                rows.labels.isEmpty ? (rows.width == 1 ? rows.scores[row] : nil) : Self.number(rows.labels[row])
            guard let number, let known = Self.number(rows.truth[row]) else { continue }
            truth.append(known)
            predicted.append(number)
            places.append(row)
        }
        self.truth = truth
        self.predicted = predicted
        self.places = places
        let left = rows.count - truth.count
        if left > 0 { notes.append("\(left) of \(rows.count) rows have a truth or a prediction that is no number") }
    }

    private init(truth: [Double], predicted: [Double]) {
        self.truth = truth
        self.predicted = predicted
        places = Array(truth.indices)
    }

    static func number(_ text: String) -> Double? {
        switch text {
        case "true": 1
        case "false": 0
        default: Double(text).flatMap { $0.isFinite ? $0 : nil }
        }
    }

    func selected(_ rows: [Int]) -> JudgedNumbers {
        let wanted = Set(rows)
        let kept = places.indices.filter { wanted.contains(places[$0]) }
        return JudgedNumbers(truth: kept.map { truth[$0] }, predicted: kept.map { predicted[$0] })
    }

    var customary: [QualityMetric] { [.mae, .rmse, .r2, .mape].map { QualityMetric($0) } }

    func metric(_ metric: QualityMetric) -> Result<any RowMetric, FeedbackProblem> {
        let kind: RegressionMetric.Kind
        switch metric.base {
        case .mae: kind = .meanAbsoluteError
        case .rmse: kind = .rootMeanSquaredError
        case .r2: kind = .r2
        case .mape: kind = .meanAbsolutePercentageError
        default: return .failure(FeedbackProblem("it is no metric of numbers"))
        }
        guard let metric = RegressionMetric(kind, truth: truth, predicted: predicted) else {
            return .failure(FeedbackProblem("answers are missing"))
        }
        return .success(metric)
    }
}
