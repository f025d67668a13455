import Statistics

/// Predicted classes, and scores where there are some, beside the true classes; judged by the metrics of holdout gates.
struct JudgedClasses: Sendable {
    let classes: [String]
    let truth: [Int32]
    let predicted: [Int32]
    /// For each of the first classes the score of every row; empty without scores.
    let scores: [[Double]]
    let positive: Int?
    private(set) var notes: [String] = []

    /// What is predicted for a row whose scores are not numbers.
    private static let noClass = "(not a number)"

    init(_ rows: JoinedRows, settings: QualitySettings, described: [String]?) {
        let (truth, labels) = Self.aligned(rows.truth, rows.labels)
        let highest = Self.highest(rows)
        let found = ScoreClasses.find(
            width: rows.width, truth: Set(truth), labels: Set(labels), given: settings.classes,
            described: described, positive: settings.positive
        ) { names in
            guard !labels.isEmpty else { return true }
            let list = ScoreClasses(names: names)
            let hits = labels.indices.reduce(0) { hits, row in
                guard let column = highest(row) else { return hits }
                return hits + (names[column] == list.name(ofLabel: labels[row]) ? 1 : 0)
            }
            return hits * 2 > labels.count
        }
        let list = found ?? ScoreClasses(names: ScoreClasses.sorted(Set(truth).union(labels)))
        var scores: [[Double]] = []
        if found != nil, rows.width > 0 {
            scores = (0..<rows.width).map { column in
                stride(from: column, to: rows.scores.count, by: rows.width).map { rows.scores[$0] }
            }
            if scores.count == 1 { scores.insert(scores[0].map { 1 - $0 }, at: 0) }
        }
        var names = list.names
        var places = Dictionary(names.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
        func place(_ name: String) -> Int32 {
            if let place = places[name] { return place }
            let place = Int32(names.count)
            places[name] = place
            names.append(name)
            return place
        }
        let predictions = Self.predictions(labels, scores, list, highest)
        self.truth = truth.map(place)
        predicted = predictions.map(place)
        classes = names
        self.scores = scores
        positive = (settings.positive ?? ScoreClasses.usualPositive(list.names)).flatMap { names.firstIndex(of: $0) }
        if rows.width > 0, found == nil {
            notes.append(
                "which classes the \(rows.width) scores of a row stand for is not known: list them with 'quality.classes'"
            )
        } else if rows.width > 0, let origin = list.origin {
            notes.append("the scores stand for the classes \(list.names.prefix(20).joined(separator: ", ")), \(origin)")
        }
    }

    private init(
        classes: [String], truth: [Int32], predicted: [Int32], scores: [[Double]], positive: Int?
    ) {
        self.classes = classes
        self.truth = truth
        self.predicted = predicted
        self.scores = scores
        self.positive = positive
    }

    /// Some of the rows.
    func selected(_ rows: [Int]) -> JudgedClasses {
        JudgedClasses(
            classes: classes, truth: rows.map { truth[$0] }, predicted: rows.map { predicted[$0] },
            scores: scores.map { column in rows.map { column[$0] } }, positive: positive)
    }

    /// A truth of true and false beside a model of 1 and 0, or the other way round: both are called 1 and 0.
    private static func aligned(_ truth: [String], _ labels: [String]) -> ([String], [String]) {
        let words: Set = ["true", "false"]
        let digits: Set = ["0", "1"]
        let (truths, predictions) = (Set(truth), Set(labels))
        let digit = { (name: String) in name == "true" ? "1" : name == "false" ? "0" : name }
        if truths.isSubset(of: words), predictions.isSubset(of: digits) { return (truth.map(digit), labels) }
        if truths.isSubset(of: digits), predictions.isSubset(of: words), !labels.isEmpty {
            return (truth, labels.map(digit))
        }
        return (truth, labels)
    }

    /// Which score of a row is the highest, the first of equal ones; `nil` when one of them is not a number.
    private static func highest(_ rows: JoinedRows) -> (Int) -> Int? {
        { row in
            var best: Int?
            let start = row * rows.width
            for column in 0..<rows.width {
                let score = rows.scores[start + column]
                guard !score.isNaN else { return nil }
                if best.map({ score > rows.scores[start + $0] }) ?? true { best = column }
            }
            return best
        }
    }

    private static func predictions(
        _ labels: [String], _ scores: [[Double]], _ list: ScoreClasses, _ highest: (Int) -> Int?
    ) -> [String] {
        if !labels.isEmpty { return labels.map(list.name(ofLabel:)) }
        guard let count = scores.first?.count else { return [] }
        if scores.count == 2 {
            return scores[1].map { $0.isNaN ? noClass : list.names[$0 >= 0.5 ? 1 : 0] }
        }
        return (0..<count).map { row in highest(row).map { list.names[$0] } ?? noClass }
    }

    /// What is told of such rows without being asked.
    var customary: [QualityMetric] {
        var metrics = [QualityMetric(.accuracy), QualityMetric(.balancedAccuracy), QualityMetric(.f1, .macro)]
        if scores.count == 2, positive != nil {
            metrics += [QualityMetric(.rocAUC), QualityMetric(.prAUC)]
        } else if scores.count > 2 {
            metrics.append(QualityMetric(.rocAUC, .macro))
        }
        if scores.count >= 2 { metrics += [QualityMetric(.logLoss), QualityMetric(.brier)] }
        return metrics
    }

    /// `Result.failure` is why there is no such metric of these rows.
    func metric(_ metric: QualityMetric) -> Result<any RowMetric, FeedbackProblem> {
        let averaging: ClassAveraging
        switch metric.averaging {
        case .macro: averaging = .macro
        case .weighted: averaging = .weighted
        case .plain:
            if !metric.base.takesClass {
                averaging = .macro
            } else if let positive {
                averaging = .ofClass(positive)
            } else {
                return .failure(
                    FeedbackProblem(
                        "which class is positive is not known: name it with 'quality.positive', or ask \(metric)_macro")
                )
            }
        }
        return metric.base.needsScores ? scoreMetric(metric, averaging) : labelMetric(metric, averaging)
    }

    private func labelMetric(
        _ metric: QualityMetric, _ averaging: ClassAveraging
    ) -> Result<any RowMetric, FeedbackProblem> {
        guard let rows = LabelledRows(truth: truth, predicted: predicted, classCount: classes.count) else {
            return .failure(FeedbackProblem("answers are missing"))
        }
        switch metric.base {
        case .accuracy: return .success(LabelMetric(.accuracy, of: rows))
        case .balancedAccuracy: return .success(LabelMetric(.balancedAccuracy, of: rows))
        case .precision: return .success(LabelMetric(.precision(averaging), of: rows))
        case .recall: return .success(LabelMetric(.recall(averaging), of: rows))
        case .f1: return .success(LabelMetric(.f1(averaging), of: rows))
        default: return .failure(FeedbackProblem("it is no metric of classes"))
        }
    }

    private func scoreMetric(
        _ metric: QualityMetric, _ averaging: ClassAveraging
    ) -> Result<any RowMetric, FeedbackProblem> {
        guard !scores.isEmpty else { return .failure(FeedbackProblem("it needs scores, and there are only classes")) }
        guard let rows = ScoredRows(truth: truth, scores: scores) else {
            return .failure(FeedbackProblem("there is a class that the model has no score for"))
        }
        switch metric.base {
        case .rocAUC: return .success(RankMetric(.rocAUC, averaging, of: rows))
        case .prAUC: return .success(RankMetric(.averagePrecision, averaging, of: rows))
        case .logLoss: return .success(ProbabilityMetric(.logLoss, of: Self.settled(rows)))
        default: return .success(ProbabilityMetric(.brier(positive: positive ?? 1), of: Self.settled(rows)))
        }
    }

    /// Hits and trials of what is a share of rows; `nil` for other metrics.
    func share(_ metric: QualityMetric) -> (hits: Double, total: Double)? {
        func count(_ isCounted: (Int32, Int32) -> Bool) -> Double {
            Double(truth.indices.reduce(0) { $0 + (isCounted(truth[$1], predicted[$1]) ? 1 : 0) })
        }
        if metric.base == .accuracy { return (count { $0 == $1 }, Double(truth.count)) }
        guard metric.averaging == .plain, let positive else { return nil }
        let place = Int32(positive)
        switch metric.base {
        case .precision: return (count { $0 == place && $1 == place }, count { $1 == place })
        case .recall: return (count { $0 == place && $1 == place }, count { truth, _ in truth == place })
        default: return nil
        }
    }

    /// Single precision leaves some sums of 1 a little above it: as much is brought back to where probabilities are.
    private static func settled(_ rows: ScoredRows) -> ScoredRows {
        let slack = 1e-6
        let isOff = { (value: Double) in (value > 1 && value <= 1 + slack) || (value < 0 && value >= -slack) }
        guard rows.scores.contains(where: { $0.contains(where: isOff) }) else { return rows }
        let scores = rows.scores.map { $0.map { isOff($0) ? min(1, max(0, $0)) : $0 } }
        return ScoredRows(truth: rows.truth, scores: scores) ?? rows
    }
}
