import ManagementAPI

/// Figures of quality for people.
enum QualityText {
    static func show(_ quality: QualityInfo, _ session: Session) {
        let console = session.console
        guard quality.versions.contains(where: { $0.labelled > 0 }) else {
            console.say("the truth about none of \(quality.endpoint)'s predictions is known yet")
            console.say("next: slipway feedback send \(quality.endpoint) --file labels.csv\(session.flags)")
            return rest(quality, session)
        }
        for version in quality.versions {
            console.print(
                console.emphasis.strong("version \(version.version)")
                    + "  truth known of \(NumberText.count(version.labelled)) of \(rows(version.rows))"
                    + (version.task.map { ", \($0)" } ?? ""))
            for (place, window) in version.windows.enumerated() where window.rows > 0 {
                // A window by time with the same rows says nothing new.
                if place > 0, window.figures == version.windows[0].figures { continue }
                show(window, session)
            }
        }
        rest(quality, session)
    }

    private static func rest(_ quality: QualityInfo, _ session: Session) {
        if quality.waiting > 0 {
            session.console.say("\(NumberText.count(quality.waiting)) labels wait for their predictions")
        }
        if quality.unusable > 0 {
            session.console.say(
                "\(NumberText.count(quality.unusable)) labels were of predictions with nothing to hold them against")
        }
    }

    private static func show(_ window: QualityWindowInfo, _ session: Session) {
        let which =
            window.window == "rows" ? "newest \(rows(window.rows))" : "last \(window.size) h, \(rows(window.rows))"
        let times = [window.from, window.to].compactMap { $0.map(Age.moment) }.joined(separator: " to ")
        session.console.print("\(which), predicted \(times)")
        let hasRemarks = (window.figures + window.segments.flatMap(\.figures)).contains { $0.remark != nil }
        var table = Table(columns: [
            .init(title: "METRIC"), .init(title: "VALUE", isNumber: true), .init(title: "95%"),
            .init(title: "AT PUSH", isNumber: true), .init(title: "ROWS", isNumber: true),
            .init(title: "OF", mayShrink: true),
        ])
        if hasRemarks { table.columns.append(.init(title: "REMARK", mayShrink: true)) }
        table.rows = window.figures.map { row($0, "all", hasRemarks) }
        for segment in window.segments {
            table.rows += segment.figures.map { row($0, "\(segment.input)=\(segment.value)", hasRemarks) }
        }
        session.print(table)
        for note in window.notes { session.console.say(note) }
    }

    private static func row(_ figure: QualityFigureInfo, _ part: String, _ hasRemarks: Bool) -> [String] {
        [
            figure.metric, figure.value.map(number) ?? "-", interval(figure) ?? "", figure.reference.map(number) ?? "",
            NumberText.count(figure.rows), part,
        ] + (hasRemarks ? [figure.remark ?? ""] : [])
    }

    private static func interval(_ figure: QualityFigureInfo) -> String? {
        guard let low = figure.low, let high = figure.high else { return nil }
        return "\(number(low)) to \(number(high))"
    }

    private static func number(_ value: Double) -> String {
        abs(value) < 10 ? NumberText.fixed(value, 4) : NumberText.significant(value)
    }

    private static func rows(_ count: Int) -> String { "\(NumberText.count(count)) row\(count == 1 ? "" : "s")" }

    /// One line for each version whose truth is known: its first two figures.
    static func lines(_ quality: QualityInfo) -> [String] {
        quality.versions.filter { $0.labelled > 0 }.map { version in
            let window = version.windows.first
            let figures = (window?.figures ?? []).prefix(2).map { figure in
                "\(figure.metric) \(figure.value.map(number) ?? "-")"
                    + (interval(figure).map { " (\($0))" } ?? "")
            }
            return "\(version.version): \(figures.joined(separator: ", ")) over \(rows(window?.rows ?? 0))"
        }
    }
}
