import ManagementAPI

/// What a rollout found out, for people.
enum RolloutReportText {
    static func print(_ report: RolloutReportInfo, _ session: Session) {
        let console = session.console
        console.print(
            console.emphasis.strong("rollout \(report.rollout) of \(report.endpoint)")
                + "  \(report.strategy)  \(RolloutText.state(report.state))")
        var facts = Facts()
        facts.add("verdict", "\(report.verdict): \(report.sentence)")
        var tables: [Table] = []
        if let experiment = report.experiment {
            facts.add("ratio", ratio(experiment))
            tables = [arms(experiment, of: report.model), metrics(experiment)]
        }
        if let shadow = report.shadow {
            add(shadow, to: &facts)
            tables = [
                parts("OUTPUT", shadow.outputs, hasDifferences: true),
                parts("SEGMENT", shadow.segments, hasDifferences: false), latency(shadow), worst(shadow),
            ]
        }
        for line in facts.lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
        for table in tables where !table.rows.isEmpty {
            console.print()
            session.print(table)
        }
    }

    // MARK: - A/B

    private static func ratio(_ experiment: ExperimentInfo) -> String? {
        guard let p = experiment.ratioPValue, let unit = experiment.ratioUnit else { return nil }
        return p < 0.001
            ? "the variants did not get the \(unit) that their weights say (p = \(NumberText.significant(p)))"
            : "the variants got the \(unit) that their weights say (p = \(NumberText.significant(p)))"
    }

    private static func arms(_ experiment: ExperimentInfo, of model: String) -> Table {
        Table(
            columns: [
                .init(title: "VARIANT", mayShrink: true), .init(title: "VERSION", mayShrink: true),
                .init(title: "TRAFFIC", isNumber: true), .init(title: "REQUESTS", isNumber: true),
                .init(title: "ERRORS", isNumber: true), .init(title: "OUTCOMES OF", isNumber: true),
            ],
            rows: experiment.arms.map {
                [
                    $0.variant, "\(model):\($0.version)", "\(NumberText.significant($0.weight))%", String($0.requests),
                    String($0.errors), String($0.units),
                ]
            })
    }

    private static func metrics(_ experiment: ExperimentInfo) -> Table {
        Table(
            columns: [
                .init(title: "METRIC", mayShrink: true), .init(title: "VARIANT", mayShrink: true),
                .init(title: "STABLE", isNumber: true), .init(title: "MEAN", isNumber: true),
                .init(title: "DIFFERENCE", isNumber: true), .init(title: "FROM", isNumber: true),
                .init(title: "TO", isNumber: true), .init(title: "LIFT", isNumber: true),
                .init(title: "P", isNumber: true), .init(title: ""),
            ],
            rows: experiment.metrics.map { metric in
                [
                    metric.role == "goal" ? metric.name : "\(metric.name) (\(metric.role))", metric.variant,
                    figure(metric.stableMean), figure(metric.mean), figure(metric.difference), figure(metric.low),
                    figure(metric.high), metric.lift.map { NumberText.fixed($0 * 100, 1) + "%" } ?? "-",
                    metric.pValue.map { NumberText.fixed($0, 3) } ?? "-", word(metric),
                ]
            })
    }

    /// A guardrail is kept or broken; that it is kept does not make a variant better.
    static func word(_ metric: ExperimentInfo.Metric) -> String {
        guard metric.role == "guardrail" else { return metric.verdict }
        switch metric.verdict {
        case "better": return "kept"
        case "harmful": return "broken"
        default: return metric.verdict
        }
    }

    private static func figure(_ value: Double?) -> String { value.map { NumberText.fixed($0, 4) } ?? "-" }

    // MARK: - Shadow

    private static func add(_ shadow: ShadowInfo, to facts: inout Facts) {
        facts.add(
            "mirrored",
            "\(NumberText.count(shadow.mirrored)) requests, \(NumberText.count(shadow.dropped)) of them dropped")
        facts.add("failed", shadow.errors == 0 ? nil : failures(shadow))
        facts.add("rows", share(shadow.rows) + " apart")
    }

    private static func failures(_ shadow: ShadowInfo) -> String {
        "\(NumberText.count(shadow.errors)) requests" + (shadow.lastError.map { ", the last: \($0)" } ?? "")
    }

    /// `1.2% of 5,000 (0.9% to 1.6%)`
    private static func share(_ share: ShadowInfo.Share) -> String {
        guard let value = share.share else { return "none" }
        return "\(percent(value)) of \(NumberText.count(share.of)) (\(percent(share.low)) to \(percent(share.high)))"
    }

    private static func percent(_ share: Double) -> String { NumberText.fixed(share * 100, 2) + "%" }

    private static func parts(_ title: String, _ parts: [ShadowInfo.Part], hasDifferences: Bool) -> Table {
        var columns: [Table.Column] = [
            .init(title: title, mayShrink: true), .init(title: "ROWS", isNumber: true),
            .init(title: "APART", isNumber: true), .init(title: "SHARE", isNumber: true),
            .init(title: "FROM", isNumber: true), .init(title: "TO", isNumber: true),
        ]
        if hasDifferences {
            columns += [.init(title: "LARGEST", isNumber: true), .init(title: "MEAN", isNumber: true)]
        }
        return Table(
            columns: columns,
            rows: parts.map { part in
                let cells = [
                    part.name ?? "(others)", String(part.rows.of), String(part.rows.count),
                    part.rows.share.map(percent) ?? "-", percent(part.rows.low), percent(part.rows.high),
                ]
                guard hasDifferences else { return cells }
                return cells
                    + [part.largestDifference, part.meanDifference].map { $0.map(NumberText.significant) ?? "-" }
            })
    }

    private static func latency(_ shadow: ShadowInfo) -> Table {
        func cell(_ value: Double?) -> String { value.map { "\(NumberText.milliseconds($0)) ms" } ?? "-" }
        return Table(
            columns: [
                .init(title: "LATENCY"), .init(title: "PRIMARY", isNumber: true),
                .init(title: "CANDIDATE", isNumber: true),
            ],
            rows: [
                ["p50", cell(shadow.p50.primary), cell(shadow.p50.candidate)],
                ["p99", cell(shadow.p99.primary), cell(shadow.p99.candidate)],
            ])
    }

    private static func worst(_ shadow: ShadowInfo) -> Table {
        Table(
            columns: [
                .init(title: "WORST"), .init(title: "ROW", isNumber: true), .init(title: "SEGMENT", mayShrink: true),
                .init(title: "OUTPUT", mayShrink: true), .init(title: "TIMES", isNumber: true),
                .init(title: "PRIMARY", mayShrink: true), .init(title: "CANDIDATE", mayShrink: true),
            ],
            rows: shadow.worst.prefix(10).map { row in
                [
                    row.prediction, String(row.row), row.segment ?? "", row.output,
                    row.badness >= 1e300 ? "-" : NumberText.significant(row.badness),
                    row.primary.joined(separator: " "), row.candidate.joined(separator: " "),
                ]
            })
    }
}
