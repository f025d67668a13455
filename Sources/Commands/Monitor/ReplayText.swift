import ManagementAPI

/// What came of a replay, for people.
enum ReplayText {
    static func print(_ report: ReplayReport, _ session: Session) {
        let console = session.console
        console.print(
            console.emphasis.strong("\(report.model):\(report.version)")
                + "  on predictions of \(report.endpoint)")
        var facts = Facts()
        add(report, to: &facts)
        for line in facts.lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
        for table in [outputs(report), changes(report), latency(report), worst(report)] where !table.rows.isEmpty {
            console.print()
            session.print(table)
        }
        if report.read == 0 {
            console.say(
                "there is nothing to make again: to write predictions down, slipway deploy ... --ledger-share 1")
        }
    }

    private static func add(_ report: ReplayReport, to facts: inout Facts) {
        facts.add(
            "predictions",
            "\(NumberText.count(report.read)) looked at, \(NumberText.count(report.predictions.count)) compared")
        if report.predictions.count > 0 { facts.add("", compared(report.predictions)) }
        if report.rows.count != report.predictions.count { facts.add("rows", compared(report.rows)) }
        facts.add(
            "class changes",
            report.classChanges.map { "\(share($0, of: report.rows.count)) of \(rows(report.rows.count))" })
        facts.add(
            "not answered",
            report.failures.map { failure in
                "\(NumberText.count(failure.predictions)): \(failure.message) (first: \(failure.prediction))"
            })
        facts.add(
            "skipped",
            report.skipped.map { skipped in
                "\(NumberText.count(skipped.predictions)) \(reason(skipped.reason))"
                    + (skipped.example.map { ": \($0)" } ?? "")
            })
        if let oldest = report.oldest, let newest = report.newest {
            facts.add("from", "\(Age.moment(oldest)) to \(Age.moment(newest))")
        }
        facts.add(
            "answered by",
            report.answeredBy.isEmpty
                ? nil
                : report.answeredBy.map { "\(report.model):\($0.version) (\(NumberText.count($0.predictions)))" }
                    .joined(separator: ", "))
        facts.add("damaged", report.damaged == 0 ? nil : "\(report.damaged) places that could not be read; skipped")
    }

    /// `990 equal, 8 within the tolerance, 2 apart (0.20%)`
    private static func compared(_ compared: ReplayReport.Compared) -> String {
        "\(NumberText.count(compared.equal)) equal, \(NumberText.count(compared.withinTolerance)) within the tolerance, "
            + "\(share(compared.apart, of: compared.count)) apart"
    }

    private static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "0" }
        return "\(NumberText.count(part)) (\(NumberText.fixed(100 * Double(part) / Double(whole), 2))%)"
    }

    private static func rows(_ count: Int) -> String { "\(NumberText.count(count)) row\(count == 1 ? "" : "s")" }

    private static func reason(_ word: String) -> String {
        switch word {
        case "not_answered": "that were not answered then"
        case "hashed": "with hashes in place of an input"
        case "excluded": "with an input that the deployment leaves out"
        case "too_large": "with an input that was too large to keep"
        case "does_not_fit": "that do not fit the version"
        case "no_outputs": "without an output to compare"
        default: word
        }
    }

    private static func outputs(_ report: ReplayReport) -> Table {
        Table(
            columns: [
                .init(title: "OUTPUT", mayShrink: true), .init(title: "ROWS", isNumber: true),
                .init(title: "EQUAL", isNumber: true), .init(title: "WITHIN", isNumber: true),
                .init(title: "APART", isNumber: true), .init(title: "LARGEST", isNumber: true),
                .init(title: "MEAN", isNumber: true), .init(title: "CLASS CHANGES", isNumber: true),
                .init(title: ""),
            ],
            rows: report.outputs.map { output in
                [
                    output.name, String(output.rows.count), String(output.rows.equal),
                    String(output.rows.withinTolerance), String(output.rows.apart),
                    NumberText.significant(output.largestDifference), NumberText.significant(output.meanDifference),
                    output.classChanges.map { String($0) } ?? "-", note(output),
                ]
            })
    }

    private static func note(_ output: ReplayReport.Output) -> String {
        var notes: [String] = []
        if output.missing > 0 { notes.append("the version has none (\(output.missing))") }
        if output.leftOut > 0 { notes.append("not kept (\(output.leftOut))") }
        return notes.joined(separator: ", ")
    }

    private static func changes(_ report: ReplayReport) -> Table {
        Table(
            columns: [
                .init(title: "CLASS OF", mayShrink: true), .init(title: "THEN", mayShrink: true),
                .init(title: "NOW", mayShrink: true), .init(title: "ROWS", isNumber: true),
            ],
            rows: report.outputs.flatMap { output in
                output.changes.prefix(5).map { [output.name, $0.from, $0.to, String($0.rows)] }
            })
    }

    private static func latency(_ report: ReplayReport) -> Table {
        func cell(_ value: Double?) -> String { value.map { "\(NumberText.milliseconds($0)) ms" } ?? "-" }
        guard report.predictions.count > 0 else { return Table(columns: [], rows: []) }
        let (then, now) = (report.recordedLatency, report.replayedLatency)
        return Table(
            columns: [
                .init(title: "LATENCY"), .init(title: "THEN, ALL OF IT", isNumber: true),
                .init(title: "NOW, IN THE MODEL", isNumber: true),
            ],
            rows: [
                ["p50", cell(then.p50), cell(now.p50)], ["p90", cell(then.p90), cell(now.p90)],
                ["p99", cell(then.p99), cell(now.p99)],
            ])
    }

    private static func worst(_ report: ReplayReport) -> Table {
        Table(
            columns: [
                .init(title: "FURTHEST APART"), .init(title: "BY", isNumber: true), .init(title: "ROW", isNumber: true),
                .init(title: "OUTPUT", mayShrink: true), .init(title: "TIMES", isNumber: true),
                .init(title: "THEN", mayShrink: true), .init(title: "NOW", mayShrink: true),
            ],
            rows: report.disagreements.map { found in
                [
                    found.prediction, String(found.version), String(found.row), found.output,
                    found.badness.map(NumberText.significant) ?? "-", found.recorded.joined(separator: " "),
                    found.replayed.joined(separator: " "),
                ]
            })
    }
}
