import Journal

/// Rows whose truth is known, column by column, newest first.
struct JoinedRows: Sendable {
    private(set) var truth: [String] = []
    /// Predicted classes or numbers; empty where not all rows have one.
    private(set) var labels: [String] = []
    /// Scores of one row; 0 where not all rows have as many.
    private(set) var width = 0
    /// Row by row.
    private(set) var scores: [Double] = []
    /// For each input by which figures are told apart.
    private(set) var segments: [[String]]
    /// Of the oldest and the newest prediction, in microseconds since 1970.
    private(set) var oldest: Int?
    private(set) var newest: Int?

    private let limit: Int
    private var withoutLabel = 0
    private var withoutScores = 0
    private var widest: Int?
    private var hasLabel: [Bool] = []

    /// - Parameter limit: rows that are taken.
    init(limit: Int, segments: Int) {
        self.limit = limit
        self.segments = Array(repeating: [], count: segments)
    }

    var count: Int { truth.count }
    var isFull: Bool { truth.count >= limit }

    mutating func add(_ prediction: LabelledPrediction) {
        let answer = prediction.answer
        for row in prediction.truth.rows.indices.reversed() where row < answer.count && !isFull {
            guard let known = prediction.truth.rows[row] else { continue }
            truth.append(known.truth)
            hasLabel.append(answer.labels != nil)
            if let labels = answer.labels { self.labels.append(labels[row]) } else { withoutLabel += 1 }
            add(answer.scores[(row * answer.width)..<((row + 1) * answer.width)], width: answer.width)
            for index in segments.indices {
                segments[index].append(index < answer.segments.count ? answer.segments[index][row] : "")
            }
            oldest = min(oldest ?? prediction.time, prediction.time)
            newest = max(newest ?? prediction.time, prediction.time)
        }
    }

    private mutating func add(_ row: ArraySlice<Double>, width: Int) {
        if width > 0, widest == nil || widest == width {
            widest = width
            scores += row
        } else {
            withoutScores += 1
        }
    }

    /// Where some answers have classes and others only scores, because their callers asked for different outputs: rows with
    /// classes only, and no scores. Returns what a person should know of it.
    mutating func settle() -> [String] {
        var notes: [String] = []
        if withoutLabel == 0, withoutScores == 0 {
            width = widest ?? 0
        } else if withoutLabel == count {
            labels = []
            width = withoutScores == 0 ? widest ?? 0 : 0
        } else if withoutLabel == 0 {
            if widest != nil {
                notes.append("\(withoutScores) of \(count) rows have no scores: their callers asked for other outputs")
            }
        } else {
            notes.append("\(withoutLabel) of \(count) rows have no predicted class, and are left out")
            let kept = hasLabel.indices.filter { hasLabel[$0] }
            truth = kept.map { truth[$0] }
            segments = segments.map { values in kept.map { values[$0] } }
        }
        if width == 0 { scores = [] }
        return notes
    }
}
