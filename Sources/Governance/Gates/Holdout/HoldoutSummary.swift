import Registry

/// The report in sentences.
enum HoldoutSummary {
    static func sentence(_ figures: [GateFigure], _ table: DataTable) -> String {
        let judged = figures.filter { $0.passed != nil }
        let missed = judged.filter { $0.passed == false }
        let rows = "\(FigureText.count(table.rowCount, "row")) of \(table.label)"
        guard !missed.isEmpty else {
            return judged.isEmpty
                ? "Nothing could be held against a limit on \(rows)."
                : "All \(FigureText.count(judged.count, "limit")) hold on \(rows)."
        }
        let shown = missed.prefix(3).map(phrase).joined(separator: "; ")
        let more = missed.count > 3 ? "; and \(missed.count - 3) more" : ""
        return "\(missed.count) of \(FigureText.count(judged.count, "limit")) missed on \(rows): \(shown)\(more)."
    }

    /// `recall (class=yes) is 0.61, at least 0.7 allowed`
    static func phrase(_ figure: GateFigure) -> String {
        let segment = figure.segment.map { " (\($0))" } ?? ""
        let value = figure.candidate.map { "is \(FigureText.number($0))" } ?? "is not defined"
        var champion = ""
        if figure.interval != nil, let other = figure.champion {
            champion = ", the champion's \(FigureText.number(other))"
        }
        return "\(figure.name)\(segment) \(value)\(champion), allowed is \(figure.limit ?? "nothing")"
    }

    /// How differences to the champion were judged; nothing where none was.
    static func method(_ rule: HoldoutRule, hasChampion: Bool) -> [String] {
        guard hasChampion, rule.comparesWithChampion else { return [] }
        let share = FigureText.number(rule.confidence * 100)
        let verdict =
            rule.proof == .worse
            ? "fails when all of the interval is worse than allowed" : "passes when none of it is worse than allowed"
        return [
            "Differences to the champion: the \(share) % interval of \(rule.resamples) paired bootstrap draws over the "
                + "same rows; a figure \(verdict)."
        ]
    }
}
