import Journal
import Registry
import Statistics

/// Takes every metric that the rule asks for and holds it against its limits.
///
/// A limit of its own (`min`, `max`) is held against the figure as it is. What is allowed against the champion is held
/// against the interval of the difference, by the paired bootstrap: noise does not decide. By `Proof.worse` the candidate
/// fails only when the whole interval is worse than allowed; by `Proof.notWorse` when any part of it is.
struct HoldoutJudge {
    let rule: HoldoutRule
    let candidate: any JudgedRows
    let champion: (any JudgedRows)?
    let table: DataTable
    let work: GateWork

    /// Rows first, then what has limits, segment by segment, then what is only told.
    func figures() throws(ControlError) -> [GateFigure] {
        var figures = [
            GateFigure(
                name: "rows", candidate: Double(table.rowCount),
                limit: rule.minimumRows > 1 ? "at least \(rule.minimumRows)" : nil,
                passed: rule.minimumRows > 1 ? table.rowCount >= rule.minimumRows : nil)
        ]
        for limit in rule.metrics { figures += try judge(limit, Part(rows: nil, label: nil)) }
        for segment in rule.segments { figures += try judge(segment) }
        for limit in candidate.customary where !isAsked(limit) {
            figures += try judge(limit, Part(rows: nil, label: nil))
        }
        return figures
    }

    /// Rows that are judged together.
    private struct Part {
        /// `nil` for all.
        var rows: [Int]?
        var label: String?
        /// Whether a figure that is not defined fails: of a segment that nobody named, it only is told.
        var mustBeDefined = true
        /// Whether limits count; with too few rows they do not.
        var isJudged = true
        var note: String?
    }

    private func isAsked(_ limit: MetricLimit) -> Bool {
        rule.metrics.contains { $0.metric == limit.metric && $0.ofClass == limit.ofClass }
    }

    private func judge(_ segment: HoldoutRule.Segment) throws(ControlError) -> [GateFigure] {
        var figures: [GateFigure] = []
        for part in try Segments.split(table, segment) {
            let isEnough = part.rows.count >= segment.minimumRows
            let count = FigureText.count(part.rows.count, "row")
            if !isEnough, part.isNamed {
                figures.append(
                    GateFigure(
                        name: "rows", segment: part.label, candidate: Double(part.rows.count),
                        limit: "at least \(segment.minimumRows)", passed: false,
                        note: "the rule names this segment, and it has too few rows to be judged"))
            }
            let note = isEnough ? count : "\(count): too few to be judged"
            for limit in segment.metrics {
                figures += try judge(
                    limit,
                    Part(
                        rows: part.rows, label: part.label, mustBeDefined: part.isNamed, isJudged: isEnough,
                        note: note))
            }
        }
        return figures
    }

    // MARK: - One metric

    private func judge(_ limit: MetricLimit, _ part: Part) throws(ControlError) -> [GateFigure] {
        try work.check()
        let own = try candidate.metric(limit, rows: part.rows)
        let other = try championMetric(limit, part.rows)
        let value = own.value
        var figure = GateFigure(
            name: limit.metric.description, segment: segment(limit, part), candidate: value.value,
            champion: other?.value.value, note: joined(value.remark, part.note))
        var figures: [GateFigure] = []
        if limit.min != nil || limit.max != nil || limit.allowedLoss == nil {
            var absolute = figure
            absolute.limit = Self.text(limit)
            if absolute.limit != nil, part.isJudged { absolute.passed = isWithin(limit, value.value, part) }
            figures.append(absolute)
        }
        guard let allowed = limit.allowedLoss else { return figures }
        let direction = limit.metric.base.higherIsBetter ? "below" : "above"
        figure.limit = "at most \(FigureText.number(allowed)) \(direction) the champion"
        if let other {
            try compare(own, other, allowed, limit, part, &figure)
        } else {
            figure.note = joined("there is no champion to compare with", figure.note)
        }
        return figures + [figure]
    }

    /// What the champion cannot be asked fails only where it is compared.
    private func championMetric(_ limit: MetricLimit, _ rows: [Int]?) throws(ControlError) -> (any RowMetric)? {
        guard let champion else { return nil }
        do throws(ControlError) {
            return try champion.metric(limit, rows: rows)
        } catch {
            guard limit.allowedLoss == nil else { throw error }
            return nil
        }
    }

    private func segment(_ limit: MetricLimit, _ part: Part) -> String? {
        let parts = [part.label, limit.ofClass.map { "class=\($0)" }].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private func joined(_ texts: String?...) -> String? {
        let given = texts.compactMap { $0 }
        return given.isEmpty ? nil : given.joined(separator: "; ")
    }

    private static func text(_ limit: MetricLimit) -> String? {
        let texts = [
            limit.min.map { "at least \(FigureText.number($0))" }, limit.max.map { "at most \(FigureText.number($0))" },
        ].compactMap { $0 }
        return texts.isEmpty ? nil : texts.joined(separator: ", ")
    }

    private func isWithin(_ limit: MetricLimit, _ value: Double?, _ part: Part) -> Bool? {
        guard let value else { return part.mustBeDefined ? false : nil }
        return value >= limit.min ?? -.infinity && value <= limit.max ?? .infinity
    }

    /// Holds the interval of candidate less champion against what is allowed.
    private func compare(
        _ own: any RowMetric, _ other: any RowMetric, _ allowed: Double, _ limit: MetricLimit, _ part: Part,
        _ figure: inout GateFigure
    ) throws(ControlError) {
        let bootstrap = PairedBootstrap(resamples: rule.resamples, confidence: rule.confidence)
        guard let interval = bootstrap.interval(own, less: other, while: { work.isWanted }) else {
            try work.check()
            note(missingInterval: &figure, part)
            return
        }
        figure.interval = interval.low...interval.high
        if interval.used < rule.resamples {
            figure.note = joined("\(interval.used) of \(rule.resamples) draws have this figure", figure.note)
        }
        guard part.isJudged else { return }
        // How much worse the candidate is, from the best to the worst that the interval leaves possible.
        let isHigherBetter = limit.metric.base.higherIsBetter
        let (best, worst) = isHigherBetter ? (-interval.high, -interval.low) : (interval.low, interval.high)
        figure.passed = (rule.proof == .worse ? best : worst) <= allowed
    }

    /// Without an interval nothing can be said: a candidate that has no figure fails, one whose champion has none does not.
    private func note(missingInterval figure: inout GateFigure, _ part: Part) {
        if figure.candidate != nil {
            let isChampions = figure.champion == nil
            figure.note = joined(
                isChampions ? "the champion's figure is not defined" : "not defined in most draws of the bootstrap",
                figure.note)
            if isChampions { return }
        }
        if part.isJudged, part.mustBeDefined { figure.passed = false }
    }
}
