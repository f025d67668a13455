import InferenceProtocol
import Journal
import Statistics

/// Predicted classes, and scores where the model gives them, beside the true classes.
struct ClassifiedRows: JudgedRows {
    /// Those that scores stand for first, in their order.
    let classes: [String]
    let truth: [Int32]
    let predicted: [Int32]
    /// For each of the first `scores.count` classes, that of every row; empty where the model gives none.
    let scores: [[Double]]
    let positive: Int?
    let notes: [String]
    /// The version, for errors.
    let who: String

    var rowCount: Int { truth.count }

    /// What is predicted for a row whose scores are not numbers: no class that there is.
    private static let noClass = "(not a number)"

    /// - Parameters:
    ///   - truth: one class for each row.
    ///   - rule: with its classes called as the truth calls them.
    init(
        _ answers: ModelAnswers, truth: [String], rule: HoldoutRule, described: [String]?, who: String
    ) throws(ControlError) {
        let list = try ClassList.find(
            answers, truth: Set(truth), given: rule.classes, described: described, positive: rule.positiveClass,
            who: who)
        var scores = answers.scores
        if scores.count == 1 { scores = [scores[0].map { 1 - $0 }, scores[0]] }
        let scored = ModelAnswers(labels: answers.labels, scores: scores)
        let predicted = try Self.predictions(scored, list, rule)
        var classes = list.names
        var places = Dictionary(classes.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
        func place(_ name: String) -> Int32 {
            if let place = places[name] { return place }
            let place = Int32(classes.count)
            places[name] = place
            classes.append(name)
            return place
        }
        self.truth = truth.map(place)
        self.predicted = predicted.map(place)
        self.classes = classes
        self.scores = scores
        self.who = who
        positive = try Self.positive(rule.positiveClass, classes, list)
        var notes: [String] = []
        if let origin = list.origin {
            notes.append("The scores of \(who) stand for the classes \(InputPlan.listed(list.names)), \(origin).")
        }
        self.notes = notes
        guard self.truth.count == self.predicted.count, scores.allSatisfy({ $0.count == truth.count }) else {
            throw ControlError(.checkFailed, "\(who) gave fewer answers than there are rows")
        }
    }

    private static func predictions(
        _ answers: ModelAnswers, _ list: ClassList, _ rule: HoldoutRule
    ) throws(ControlError) -> [String] {
        let isPair = answers.scores.count == 2
        if let threshold = rule.threshold ?? (answers.labels == nil && isPair ? 0.5 : nil) {
            guard isPair, let positive = rule.positiveClass ?? ClassList.usualPositive(list.names) ?? list.names.last,
                let place = list.names.firstIndex(of: positive), list.names.count == 2
            else {
                throw ControlError(
                    .invalid, "a threshold needs two classes, their scores, and to know which is positive",
                    field: "threshold")
            }
            return answers.scores[place].map { score in
                score.isNaN ? noClass : list.names[score >= threshold ? place : 1 - place]
            }
        }
        if let labels = answers.labels { return labels.map(list.name(ofLabel:)) }
        let rows = answers.scores.first?.count ?? 0
        return (0..<rows).map { row in answers.highest(row).map { list.names[$0] } ?? noClass }
    }

    private static func positive(
        _ given: String?, _ classes: [String], _ list: ClassList
    ) throws(ControlError) -> Int? {
        guard let given else {
            return ClassList.usualPositive(list.names).flatMap { name in list.names.firstIndex(of: name) }
        }
        return try place(of: given, classes, field: "positiveClass")
    }

    private static func place(of name: String, _ classes: [String], field: String) throws(ControlError) -> Int {
        if let place = classes.firstIndex(of: name) { return place }
        let near = NameSuggestion.nearest(to: name, among: classes)
        throw ControlError(
            .invalid, "there is no class '\(Name.excerpt(of: name))' in the data set or the answers", field: field,
            hint: near.map { "did you mean '\($0)'?" } ?? "there are \(InputPlan.listed(classes))")
    }

    // MARK: - Metrics

    var customary: [MetricLimit] {
        var limits = [MetricLimit(MetricName(.accuracy)), MetricLimit(MetricName(.balancedAccuracy))]
        let occurring = classes.indices.filter { index in truth.contains(Int32(index)) }
        limits.append(MetricLimit(MetricName(.f1, .macro)))
        if scores.count == 2, let positive {
            limits += [.rocAUC, .prAUC].map { MetricLimit(MetricName($0), ofClass: classes[positive]) }
        } else if scores.count > 2 {
            limits.append(MetricLimit(MetricName(.rocAUC, .macro)))
        }
        if scores.count >= 2 { limits += [.logLoss, .brier].map { MetricLimit(MetricName($0)) } }
        for index in occurring.prefix(20) {
            limits += [.precision, .recall, .f1].map { MetricLimit(MetricName($0), ofClass: classes[index]) }
        }
        return limits
    }

    func metric(_ limit: MetricLimit, rows: [Int]?) throws(ControlError) -> any RowMetric {
        let averaging = try averaging(limit)
        guard limit.metric.base.needsScores else { return try labelMetric(limit, averaging, rows) }
        guard !scores.isEmpty else {
            throw ControlError(
                .invalid, "\(limit.metric) needs scores, and \(who) gives only classes", field: "metrics",
                hint: "name the output with the scores or probabilities with 'scores'")
        }
        let truth = truth.selected(rows)
        guard let scored = ScoredRows(truth: truth, scores: scores.map { $0.selected(rows) }) else {
            return UndefinedMetric(rowCount: truth.count, reason: "there is a class that the model has no score for")
        }
        switch limit.metric.base {
        case .rocAUC: return RankMetric(.rocAUC, averaging, of: scored)
        case .prAUC: return RankMetric(.averagePrecision, averaging, of: scored)
        case .logLoss: return ProbabilityMetric(.logLoss, of: Self.settled(scored))
        default: return ProbabilityMetric(.brier(positive: positive ?? 1), of: Self.settled(scored))
        }
    }

    private func labelMetric(
        _ limit: MetricLimit, _ averaging: ClassAveraging, _ rows: [Int]?
    ) throws(ControlError) -> any RowMetric {
        let kind: LabelMetric.Kind
        switch limit.metric.base {
        case .accuracy: kind = .accuracy
        case .balancedAccuracy: kind = .balancedAccuracy
        case .precision: kind = .precision(averaging)
        case .recall: kind = .recall(averaging)
        case .f1: kind = .f1(averaging)
        default: throw ControlError(.invalid, "\(limit.metric) is no metric of classes", field: "metrics")
        }
        let labelled = LabelledRows(
            truth: truth.selected(rows), predicted: predicted.selected(rows), classCount: classes.count)
        guard let labelled else {
            return UndefinedMetric(rowCount: rows?.count ?? rowCount, reason: "answers are missing")
        }
        return LabelMetric(kind, of: labelled)
    }

    private func averaging(_ limit: MetricLimit) throws(ControlError) -> ClassAveraging {
        switch limit.metric.averaging {
        case .macro: return .macro
        case .weighted: return .weighted
        case .plain:
            guard limit.metric.base.takesClass else { return .macro }
            if let name = limit.ofClass { return .ofClass(try Self.place(of: name, classes, field: "metrics.class")) }
            guard let positive else {
                throw ControlError(
                    .invalid,
                    "\(limit.metric) is of one class, and which of \(InputPlan.listed(classes)) is not known",
                    field: "positiveClass",
                    hint: "name it with 'positiveClass', ask it of one with 'class', or ask \(limit.metric)_macro")
            }
            return .ofClass(positive)
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
