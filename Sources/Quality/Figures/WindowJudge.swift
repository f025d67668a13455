import Journal
import Statistics

/// Makes figures of joined rows.
struct WindowJudge: Sendable {
    let settings: QualitySettings
    /// The classes that the model file names, and the metrics that the version was pushed with.
    let facts: VersionFacts

    /// Rows up to which an interval is made by the bootstrap, and its draws.
    private static let bootstrapRows = 2000
    private static let draws = 500
    static let mostSegmentValues = 20

    private enum Judged {
        case classes(JudgedClasses)
        case numbers(JudgedNumbers)
    }

    func window(
        _ kind: QualityWindow.Kind, size: Int, _ rows: JoinedRows, withSegments: Bool
    ) -> (window: QualityWindow, task: QualitySettings.Task?) {
        var rows = rows
        var window = QualityWindow(
            kind: kind, size: size, rows: 0, from: rows.oldest.map(Timestamp.init(microseconds:)),
            to: rows.newest.map(Timestamp.init(microseconds:)), figures: [], segments: [], notes: rows.settle())
        window.rows = rows.count
        guard rows.count > 0 else { return (window, nil) }
        let task = settings.task ?? self.task(of: rows)
        let judged: Judged
        switch task {
        case .classification:
            let classes = JudgedClasses(rows, settings: settings, described: facts.classes)
            window.notes += classes.notes
            judged = .classes(classes)
        case .regression:
            let numbers = JudgedNumbers(rows)
            window.notes += numbers.notes
            judged = .numbers(numbers)
        }
        window.figures = metrics(of: judged).map { figure($0, judged) }
        if withSegments { window.segments = segments(rows, judged) }
        return (window, task)
    }

    private func metrics(of judged: Judged) -> [QualityMetric] {
        if let metrics = settings.metrics { return metrics }
        switch judged {
        case .classes(let rows): return rows.customary
        case .numbers(let rows): return rows.customary
        }
    }

    /// What is predicted, where nobody says: numbers where a single output of numbers has a truth that is no class.
    private func task(of rows: JoinedRows) -> QualitySettings.Task {
        if let metric = settings.metrics?.first { return metric.base.isRegression ? .regression : .classification }
        if settings.classes != nil || settings.positive != nil || rows.width > 1 { return .classification }
        let isWhole = { (text: String) in Int(text) != nil || Double(text) == nil }
        if !rows.labels.isEmpty {
            if rows.width > 0, rows.labels.allSatisfy(isWhole) { return .classification }
            return rows.labels.allSatisfy(isWhole) && rows.truth.allSatisfy(isWhole) ? .classification : .regression
        }
        let isClass = { (text: String) in ["0", "1", "true", "false"].contains(text) || Double(text) == nil }
        return rows.truth.allSatisfy(isClass) ? .classification : .regression
    }

    // MARK: - One figure

    private func figure(_ metric: QualityMetric, _ judged: Judged) -> QualityFigure {
        var figure = QualityFigure(metric: metric, rows: 0)
        figure.reference = facts.reference(metric)
        let made: Result<any RowMetric, FeedbackProblem>
        var share: (hits: Double, total: Double)?
        switch judged {
        case .classes(let rows):
            made = rows.metric(metric)
            share = rows.share(metric)
            figure.rows = rows.truth.count
        case .numbers(let rows):
            made = rows.metric(metric)
            figure.rows = rows.truth.count
        }
        switch made {
        case .failure(let problem): figure.remark = problem.reason
        case .success(let row):
            let value = row.value
            figure.value = value.value
            figure.remark = value.remark
            guard value.value != nil else { break }
            let interval = interval(row, share)
            figure.low = interval?.low
            figure.high = interval?.high
            figure.method = interval?.method
        }
        return figure
    }

    private func interval(
        _ metric: any RowMetric, _ share: (hits: Double, total: Double)?
    ) -> (low: Double, high: Double, method: QualityFigure.Method)? {
        if let share {
            return WilsonInterval.of(hits: share.hits, total: share.total).map { ($0.low, $0.high, .wilson) }
        }
        if metric.rowCount > Self.bootstrapRows {
            return RandomGroups().interval(metric).map { ($0.low, $0.high, .groups) }
        }
        let bootstrap = PairedBootstrap(resamples: Self.draws)
        let nothing = Nothing(rowCount: metric.rowCount)
        return bootstrap.interval(metric, less: nothing).map { ($0.low, $0.high, .bootstrap) }
    }

    /// The difference to nothing is the metric itself.
    private struct Nothing: RowMetric {
        let rowCount: Int

        func value(counting counts: RowCounts) -> MetricValue { MetricValue(0) }
    }

    // MARK: - Segments

    private func segments(_ rows: JoinedRows, _ judged: Judged) -> [QualityWindow.Segment] {
        let metrics = settings.metrics ?? Array(metrics(of: judged).prefix(2))
        return zip(settings.segments, rows.segments).flatMap { input, values in
            var places: [String: [Int]] = [:]
            for (row, value) in values.enumerated() { places[value, default: []].append(row) }
            let frequent = places.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
            return frequent.prefix(Self.mostSegmentValues).map { value, rows in
                let part = selected(judged, rows)
                return QualityWindow.Segment(
                    input: input, value: value, rows: rows.count, figures: metrics.map { figure($0, part) })
            }
        }
    }

    private func selected(_ judged: Judged, _ rows: [Int]) -> Judged {
        switch judged {
        case .classes(let all): .classes(all.selected(rows))
        case .numbers(let all): .numbers(all.selected(rows))
        }
    }
}
