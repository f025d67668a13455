/// Counts of a classification, class by class: all that metrics of labels need to know of the rows.
struct ClassTally {
    /// Rows of the class that were predicted to be of it (true positives).
    private(set) var hits: [Double]
    /// Rows of the class (`support`).
    private(set) var truths: [Double]
    /// Rows that were predicted to be of the class.
    private(set) var predictions: [Double]
    private(set) var total = 0.0

    /// Whole numbers, held as `Double`: exact up to 2^53 rows, and they cannot overflow.
    init(_ rows: LabelledRows, counting counts: RowCounts) {
        hits = Array(repeating: 0, count: rows.classCount)
        truths = hits
        predictions = hits
        for row in counts.counts.indices {
            let count = Double(counts.counts[row])
            guard count > 0 else { continue }
            let (truth, prediction) = (Int(rows.truth[row]), Int(rows.predicted[row]))
            if truth == prediction { hits[truth] += count }
            truths[truth] += count
            predictions[prediction] += count
            total += count
        }
    }

    var classes: Range<Int> { hits.indices }

    /// Whether the class occurs at all, among the truths or the predictions.
    func occurs(_ index: Int) -> Bool { truths[index] > 0 || predictions[index] > 0 }

    /// `tp / (tp + fp)`; `nil` when nothing was predicted to be of the class.
    func precision(_ index: Int) -> Double? {
        predictions[index] > 0 ? hits[index] / predictions[index] : nil
    }

    /// `tp / (tp + fn)`; `nil` when no row is of the class.
    func recall(_ index: Int) -> Double? { truths[index] > 0 ? hits[index] / truths[index] : nil }

    /// `2 tp / (2 tp + fp + fn)`; `nil` when the class does not occur.
    func f1(_ index: Int) -> Double? {
        occurs(index) ? 2 * hits[index] / (truths[index] + predictions[index]) : nil
    }
}
