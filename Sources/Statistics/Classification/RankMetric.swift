/// Metrics of how a model ranks rows, by the formulas of scikit-learn.
///
/// Scores may be any finite numbers; but averages of ROC-AUC over classes, which are one-vs-rest, need probabilities that
/// sum to 1, as they do there. A class that is true of no row, or of all, has no such figure: the macro average is then
/// undefined, and the weighted one leaves out classes without rows.
package struct RankMetric: RowMetric {
    package enum Kind: Sendable, Hashable {
        /// `roc_auc_score`, with `multi_class="ovr"` for averages.
        case rocAUC
        /// `average_precision_score`.
        case averagePrecision
    }

    package let kind: Kind
    package let averaging: ClassAveraging
    package let rowCount: Int
    private let rankings: [RankedScores]
    /// Why it is undefined whatever rows are counted.
    private let problem: String?

    package init(_ kind: Kind, _ averaging: ClassAveraging, of rows: ScoredRows) {
        self.kind = kind
        self.averaging = averaging
        rowCount = rows.rowCount
        let problem: String?
        let classes: [Int]
        switch averaging {
        case .ofClass(let index):
            classes = rows.scores.indices.contains(index) ? [index] : []
            problem = classes.isEmpty ? "there is no such class" : rows.notFinite(in: classes)
        case .macro, .weighted:
            classes = Array(rows.scores.indices)
            problem = rows.notFinite(in: classes) ?? (kind == .rocAUC ? rows.notSummingToOne : nil)
        }
        self.problem = problem
        rankings =
            problem != nil
            ? []
            : classes.map { index in
                RankedScores(
                    scores: rows.scores[index], truth: rows.truth, positive: Int32(truncatingIfNeeded: index))
            }
    }

    package func value(counting counts: RowCounts) -> MetricValue {
        if let problem { return .undefined(problem) }
        guard counts.counts.count == rowCount, rowCount > 0 else { return .noRows }
        switch averaging {
        case .ofClass:
            guard let value = rankings.first.flatMap({ figure($0, counts) }) else { return .undefined(none) }
            return MetricValue(value)
        case .macro:
            var sum = 0.0
            for ranking in rankings {
                guard let value = figure(ranking, counts) else { return .undefined(noneOfSome) }
                sum += value
            }
            return MetricValue(sum / Double(rankings.count))
        case .weighted:
            var (sum, total) = (0.0, 0.0)
            for ranking in rankings {
                let weight = ranking.support(counts).positives
                guard weight > 0 else { continue }
                guard let value = figure(ranking, counts) else { return .undefined(none) }
                sum += value * weight
                total += weight
            }
            return total > 0 ? MetricValue(sum / total) : .noRows
        }
    }

    private func figure(_ ranking: RankedScores, _ counts: RowCounts) -> Double? {
        switch kind {
        case .rocAUC: ranking.rocAUC(counts)
        case .averagePrecision: ranking.averagePrecision(counts)
        }
    }

    private var none: String {
        switch kind {
        case .rocAUC: "all rows are of the class, or none is"
        case .averagePrecision: "no row is of the class"
        }
    }

    private var noneOfSome: String {
        switch kind {
        case .rocAUC: "there is a class that all rows are of, or none"
        case .averagePrecision: "there is a class that no row is of"
        }
    }
}
