import ManagementAPI
import SlipwayClient

/// A promotion for people: the page that a validator decides by.
enum PromotionText {
    static func state(_ state: PromotionState) -> String {
        state == .awaitingApproval ? "awaiting approval" : state.rawValue
    }

    /// `applied: churn:3 is available in prod`
    static func outcome(_ promotion: PromotionInfo) -> String {
        promotion.message.isEmpty ? state(promotion.state) : "\(state(promotion.state)): \(promotion.message)"
    }

    static func print(_ promotion: PromotionInfo, _ session: Session, steps: Bool = false) {
        let console = session.console
        console.print(
            console.emphasis.strong("promotion \(promotion.number)")
                + "  \(promotion.model):\(promotion.version) from \(promotion.from) to \(promotion.to)  "
                + state(promotion.state))
        for line in facts(promotion).lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
        section(changes(promotion), session)
        if !promotion.gates.isEmpty {
            console.print()
            for gate in promotion.gates { Self.print(gate, session) }
        }
        if steps {
            section(
                Table(
                    columns: [
                        .init(title: "#", isNumber: true), .init(title: "WHEN"), .init(title: "BY", mayShrink: true),
                        .init(title: "WHAT", mayShrink: true),
                    ],
                    rows: promotion.steps.map { [String($0.number), Age.moment($0.at), $0.by, $0.text] }), session)
        }
        let next = Self.next(promotion, session)
        if !next.isEmpty { console.print() }
        for line in next { console.print(line) }
    }

    private static func section(_ table: Table, _ session: Session) {
        guard !table.rows.isEmpty else { return }
        session.console.print()
        session.print(table)
    }

    static func facts(_ promotion: PromotionInfo) -> Facts {
        var facts = Facts()
        facts.add("now", promotion.message.isEmpty ? nil : promotion.message)
        facts.add("out of date", promotion.stale)
        let reason = promotion.reason.isEmpty ? "" : ": \(promotion.reason)"
        facts.add(
            "asked for", "by \(promotion.requestedBy), \(Age.moment(promotion.requestedAt))\(reason)")
        facts.add("pushed by", promotion.pushedBy)
        facts.add("digest", promotion.digest)
        facts.add(
            "champion", promotion.champion ?? "none: nothing of this model is live in \(promotion.to)")
        facts.add(
            "checked",
            promotion.policyRevision.map {
                "under policy revision \($0)" + (promotion.run > 1 ? ", for the \(ordinal(promotion.run)) time" : "")
            })
        facts.add("approvals", approvals(promotion))
        return facts
    }

    private static func ordinal(_ number: Int) -> String {
        switch number {
        case 2: "second"
        case 3: "third"
        default: "\(number)th"
        }
    }

    private static func approvals(_ promotion: PromotionInfo) -> [String] {
        let approvals = promotion.approvals
        guard approvals.count > 0 else { return promotion.run > 0 ? ["none needed"] : [] }
        var lines = [
            "\(approvals.given.count) of \(approvals.count), by \(approvals.roles.joined(separator: " or "))"
                + (approvals.fourEyes ? "; not by who pushed or asked (four eyes)" : "")
        ]
        lines += approvals.given.map { given in
            "\(given.by), \(Age.moment(given.at))" + (given.comment.isEmpty ? "" : ": \(given.comment)")
        }
        if promotion.state == .awaitingApproval, !approvals.possible.isEmpty {
            lines.append("could approve: \(approvals.possible.joined(separator: ", "))")
        }
        return lines
    }

    private static func changes(_ promotion: PromotionInfo) -> Table {
        let champion = promotion.champion ?? "CHAMPION"
        return Table(
            columns: [
                .init(title: "CHANGES", mayShrink: true), .init(title: champion, mayShrink: true),
                .init(title: "\(promotion.model):\(promotion.version)", mayShrink: true),
                .init(title: "DIFFERENCE", isNumber: true),
            ],
            rows: promotion.changes.map { change in
                [
                    change.name, change.champion ?? "-", change.candidate ?? "-",
                    change.difference.map { ($0 > 0 ? "+" : "") + NumberText.significant($0) } ?? "",
                ]
            })
    }

    private static func print(_ gate: GateInfo, _ session: Session) {
        let console = session.console
        let what = gate.outcome == .error ? "could not be carried out" : gate.outcome.rawValue
        let verdict = gate.outcome == .failed || gate.outcome == .error ? console.emphasis.alarm(what) : what
        let summary = gate.progress ?? gate.summary
        console.print(
            console.emphasis.strong("gate \(gate.name)") + " (\(gate.kind))  \(verdict)"
                + (summary.isEmpty ? "" : ": \(summary)"))
        if !gate.figures.isEmpty {
            let table = figures(gate.figures)
            for line in table.lines(width: console.width.map { max($0 - 2, 20) }, emphasis: console.emphasis) {
                console.print("  " + line)
            }
        }
        for note in gate.notes { console.print("  note: \(note)") }
        if let link = gate.link { console.print("  \(link)") }
    }

    private static func figures(_ figures: [FigureInfo]) -> Table {
        func number(_ value: Double?) -> String { value.map(NumberText.significant) ?? "-" }
        let hasChampion = figures.contains { $0.champion != nil }
        let hasInterval = figures.contains { $0.interval != nil }
        let hasNote = figures.contains { $0.note != nil }
        var columns: [Table.Column] = [
            .init(title: "FIGURE", mayShrink: true), .init(title: "VALUE", isNumber: true),
        ]
        if hasChampion { columns.append(.init(title: "CHAMPION", isNumber: true)) }
        if hasInterval { columns.append(.init(title: "DIFFERENCE")) }
        columns += [.init(title: "LIMIT", mayShrink: true), .init(title: "")]
        if hasNote { columns.append(.init(title: "NOTE", mayShrink: true)) }
        return Table(
            columns: columns,
            rows: figures.map { figure in
                var row = [
                    figure.name + (figure.segment.map { " [\($0)]" } ?? ""), number(figure.candidate),
                ]
                if hasChampion { row.append(number(figure.champion)) }
                if hasInterval {
                    row.append(
                        figure.interval.map { "[\($0.map(NumberText.significant).joined(separator: ", "))]" } ?? "")
                }
                row += [figure.limit ?? "", figure.passed.map { $0 ? "ok" : "FAILED" } ?? ""]
                if hasNote { row.append(figure.note ?? "") }
                return row
            })
    }

    /// What to do next, as commands that work when pasted.
    static func next(_ promotion: PromotionInfo, _ session: Session) -> [String] {
        let server = session.flags.split(separator: " ").first == "--server" ? " \(serverFlag(session))" : ""
        let space = " --space \(promotion.to)\(server)"
        switch promotion.state {
        case .awaitingApproval:
            return [
                "next: slipway promotion approve \(promotion.number)\(space)",
                "  or: slipway promotion reject \(promotion.number) --reason \"...\"\(space)",
            ]
        case .checking:
            let owed = promotion.gates.filter { $0.outcome == .pending && $0.kind == "external" }
            if !owed.isEmpty, owed.count == promotion.gates.filter({ $0.outcome == .pending }).count {
                return owed.map {
                    "next: slipway promotion report \(promotion.number) --check \($0.name) --passed|--failed --link URL\(space)"
                }
            }
            return ["next: slipway promotion show \(promotion.number) --follow\(space)"]
        case .applied:
            return ["next: slipway deploy \(promotion.model):\(promotion.version)\(space)"]
        case .failed, .rejected:
            return ["next: a better version: slipway model push FILE --name \(promotion.model)"]
        case .withdrawn, .superseded: return []
        }
    }

    private static func serverFlag(_ session: Session) -> String { "--server \(session.client.server)" }
}
