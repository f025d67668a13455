import Journal
import Serving
import Testing

@testable import Quality

@Suite struct `Figures of joined rows` {
    /// One prediction for each row.
    static func rows(
        labels: [String]?, scores: [[Double]] = [], truth: [String], segments: [[String]] = [], limit: Int = 1000
    ) -> JoinedRows {
        var rows = JoinedRows(limit: limit, segments: segments.first?.count ?? 0)
        for (place, truth) in truth.enumerated().reversed() {
            var record = TruthRecord(rowCount: 1)
            _ = record.merge([truth], at: 1)
            rows.add(
                LabelledPrediction(
                    id: PredictionID(high: 1, low: UInt64(place)), time: place,
                    answer: PredictedRows(
                        count: 1, labels: labels.map { [$0[place]] }, width: scores.isEmpty ? 0 : scores[place].count,
                        scores: scores.isEmpty ? [] : scores[place],
                        segments: segments.isEmpty ? [] : segments[place].map { [$0] }), truth: record))
        }
        return rows
    }

    static func judge(
        _ rows: JoinedRows, _ settings: QualitySettings = QualitySettings(), _ facts: VersionFacts = VersionFacts()
    ) -> (window: QualityWindow, task: QualitySettings.Task?) {
        WindowJudge(settings: settings, facts: facts).window(.rows, size: 1000, rows, withSegments: true)
    }

    static func value(_ window: QualityWindow, _ metric: String) -> Double? {
        window.figures.first { $0.metric.description == metric }?.value
    }

    @Test func `a single score is of the positive class, and of the usual pairs everybody knows which that is`() {
        let (window, task) = Self.judge(
            Self.rows(labels: nil, scores: [[0.9], [0.2], [0.6], [0.4]], truth: ["true", "false", "false", "true"]))
        #expect(task == .classification)
        #expect(Self.value(window, "accuracy") == 0.5)
        #expect(Self.value(window, "roc_auc") == 0.75)
    }

    @Test func `a truth of true and false stands beside a model of 1 and 0`() {
        let (window, _) = Self.judge(Self.rows(labels: ["1", "0", "1"], truth: ["true", "false", "false"]))
        #expect(Self.value(window, "accuracy") == 2.0 / 3)
    }

    @Test func `classes that the model file names may be told by name`() {
        let scores = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]
        let facts = VersionFacts(
            metrics: ["auc": 0.9, "accuracy": 0.5], classes: ["setosa", "versicolor", "virginica"])
        let (window, _) = Self.judge(
            Self.rows(labels: ["0", "1", "2"], scores: scores, truth: ["setosa", "versicolor", "versicolor"]),
            QualitySettings(), facts)
        #expect(Self.value(window, "accuracy") == 2.0 / 3)
        #expect(window.figures.first?.reference == 0.5)
    }

    @Test func `one number is a regression unless its truth is classes`() {
        let numbers = Self.judge(Self.rows(labels: nil, scores: [[1.5], [2]], truth: ["2", "2"]))
        #expect(numbers.task == .regression && Self.value(numbers.window, "mae") == 0.25)
        let counts = Self.judge(Self.rows(labels: ["1.5", "2"], truth: ["1", "2"]))
        #expect(counts.task == .regression)
        #expect(Self.judge(Self.rows(labels: ["1", "2"], truth: ["1", "2"])).task == .classification)
        let said = Self.judge(
            Self.rows(labels: ["1", "2"], truth: ["1", "4"]), QualitySettings(task: .regression))
        #expect(Self.value(said.window, "mae") == 1)
    }

    @Test func `what is no number is left out, and said`() {
        let (window, _) = Self.judge(
            Self.rows(labels: nil, scores: [[1], [2], [.nan]], truth: ["2", "none", "1"]),
            QualitySettings(task: .regression))
        #expect(Self.value(window, "mae") != nil || window.figures.first?.remark != nil)
        #expect(window.notes.contains { $0.contains("1 of 3 rows") })
    }

    @Test func `the newest rows are taken, and told apart by segments`() {
        let rows = Self.rows(
            labels: ["a", "b", "a", "b", "a"], truth: ["b", "b", "a", "b", "b"],
            segments: [["n"], ["s"], ["n"], ["s"], ["s"]], limit: 4)
        let (window, _) = Self.judge(rows, QualitySettings(metrics: [QualityMetric(.accuracy)], segments: ["region"]))
        #expect((window.rows, window.from?.microseconds, window.to?.microseconds) == (4, 1, 4))
        #expect(Self.value(window, "accuracy") == 0.75)
        #expect(window.segments.map(\.value) == ["s", "n"])
        #expect(window.segments.map(\.rows) == [3, 1])
        #expect(window.segments.first?.figures.first?.value == 2.0 / 3)
    }

    @Test func `answers without scores cost the scores, and answers without classes their rows`() {
        var rows = JoinedRows(limit: 10, segments: 0)
        for (labels, scores) in [(["1"], [0.2, 0.8]), (nil, [0.5, 0.5]), (["0"], [])] as [([String]?, [Double])] {
            var record = TruthRecord(rowCount: 1)
            _ = record.merge(["1"], at: 1)
            rows.add(
                LabelledPrediction(
                    id: PredictionID(high: 1, low: 1), time: 1,
                    answer: PredictedRows(count: 1, labels: labels, width: scores.count, scores: scores), truth: record)
            )
        }
        let (window, _) = Self.judge(rows)
        #expect(window.rows == 2)
        #expect(Self.value(window, "accuracy") == 0.5)
        #expect(Self.value(window, "log_loss") == nil)
        #expect(!window.notes.isEmpty)
    }

    @Test func `a metric of one class asks which, where nobody can know`() {
        let (window, _) = Self.judge(
            Self.rows(labels: ["a", "b"], truth: ["a", "b"]), QualitySettings(metrics: [QualityMetric(.f1)]))
        #expect(window.figures.first?.value == nil)
        #expect(window.figures.first?.remark?.contains("positive") ?? false)
    }
}
