/// The true and the predicted class of each row, as indices into some list of classes.
package struct LabelledRows: Sendable, Hashable {
    package let classCount: Int
    package let truth: [Int32]
    package let predicted: [Int32]

    /// `nil` when the two differ in length or name a class that is none of `classCount`.
    package init?(truth: [Int32], predicted: [Int32], classCount: Int) {
        let isClass = { (index: Int32) in index >= 0 && Int(index) < classCount }
        guard truth.count == predicted.count, truth.allSatisfy(isClass), predicted.allSatisfy(isClass) else {
            return nil
        }
        self.truth = truth
        self.predicted = predicted
        self.classCount = classCount
    }
}

/// How the figures of several classes become one.
package enum ClassAveraging: Sendable, Hashable {
    /// That of one class against all others; the positive class of a binary classification, for example.
    case ofClass(Int)
    /// The mean over the classes that occur.
    case macro
    /// The mean over the classes, each counting as often as it is true of a row.
    case weighted
}

/// Metrics of predicted classes, under the names and by the formulas of scikit-learn (`accuracy_score`,
/// `balanced_accuracy_score`, `precision_score`, `recall_score`, `f1_score`).
///
/// For one class, a division by zero leaves the metric undefined, where scikit-learn warns and answers 0. In an average
/// such a class counts as 0, as it does there by default (`zero_division`).
package struct LabelMetric: RowMetric {
    package enum Kind: Sendable, Hashable {
        /// The share of rows whose class was predicted.
        case accuracy
        /// The mean of the recall of all classes that are true of a row.
        case balancedAccuracy
        case precision(ClassAveraging)
        case recall(ClassAveraging)
        case f1(ClassAveraging)
    }

    package let kind: Kind
    package let rows: LabelledRows

    package init(_ kind: Kind, of rows: LabelledRows) {
        self.kind = kind
        self.rows = rows
    }

    package var rowCount: Int { rows.truth.count }

    package func value(counting counts: RowCounts) -> MetricValue {
        guard counts.counts.count == rowCount else { return .noRows }
        let tally = ClassTally(rows, counting: counts)
        guard tally.total > 0 else { return .noRows }
        switch kind {
        case .accuracy: return MetricValue(tally.hits.reduce(0, +) / tally.total)
        case .balancedAccuracy:
            let recalls = tally.classes.compactMap(tally.recall)
            return MetricValue(recalls.reduce(0, +) / Double(recalls.count))
        case .precision(let averaging):
            return average(averaging, tally, tally.precision, none: "no row was predicted to be of the class")
        case .recall(let averaging): return average(averaging, tally, tally.recall, none: "no row is of the class")
        case .f1(let averaging):
            return average(averaging, tally, tally.f1, none: "no row is of the class, nor was predicted to be")
        }
    }

    private func average(
        _ averaging: ClassAveraging, _ tally: ClassTally, _ metric: (Int) -> Double?, none: String
    ) -> MetricValue {
        switch averaging {
        case .ofClass(let index):
            guard tally.classes.contains(index) else { return .undefined("there is no such class") }
            guard let value = metric(index) else { return .undefined(none) }
            return MetricValue(value)
        case .macro:
            var (sum, classes, zeros) = (0.0, 0.0, false)
            for index in tally.classes where tally.occurs(index) {
                let value = metric(index)
                sum += value ?? 0
                classes += 1
                if value == nil { zeros = true }
            }
            return MetricValue(sum / classes, remark: zeros ? Self.countedAsZero : nil)
        case .weighted:
            var (sum, zeros) = (0.0, false)
            for index in tally.classes where tally.truths[index] > 0 {
                let value = metric(index)
                sum += (value ?? 0) * tally.truths[index]
                if value == nil { zeros = true }
            }
            return MetricValue(sum / tally.total, remark: zeros ? Self.countedAsZero : nil)
        }
    }

    private static let countedAsZero = "classes for which it is not defined count as 0"
}
