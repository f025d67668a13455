import ManagementAPI
import SlipwayClient

/// A rollout for people.
enum RolloutText {
    static func state(_ state: RolloutState) -> String {
        switch state {
        case .awaitingApproval: "awaiting approval"
        case .rolledBack: "rolled back"
        default: state.rawValue
        }
    }

    /// `rolled back: 7 of 12 requests failed`
    static func outcome(_ rollout: RolloutInfo) -> String {
        rollout.message.isEmpty ? state(rollout.state) : "\(state(rollout.state)): \(rollout.message)"
    }

    /// `churn:2`, or `churn:2, churn:3`
    static func targets(_ rollout: RolloutInfo) -> String {
        let candidates = rollout.variants.filter { $0.version != rollout.fromVersion }
        return candidates.map { "\(rollout.model):\($0.version)" }.joined(separator: ", ")
    }

    /// `99% churn:1, 1% churn:2`
    static func shares(_ rollout: RolloutInfo) -> String { shares(rollout.variants, of: rollout.model) }

    static func shares(_ variants: [RolloutVariantInfo], of model: String) -> String {
        variants.map { "\(NumberText.significant($0.weight))% \(model):\($0.version)" }.joined(separator: ", ")
    }

    /// All of it in one line.
    static func line(_ rollout: RolloutInfo) -> String {
        var parts = [state(rollout.state), shares(rollout)]
        if let step = rollout.step { parts.append(held(step)) }
        parts.append(rollout.evidence)
        return parts.filter { !$0.isEmpty }.joined(separator: "; ")
    }

    private static func held(_ step: RolloutStepInfo) -> String {
        "step \(step.step) of \(step.of), held \(NumberText.duration(seconds: step.heldSeconds)) of "
            + NumberText.duration(seconds: step.holdSeconds)
    }

    static func print(_ rollout: RolloutInfo, _ session: Session, steps: Bool = false) {
        let console = session.console
        console.print(
            console.emphasis.strong("rollout \(rollout.rollout) of \(rollout.endpoint)")
                + "  \(rollout.strategy) from \(rollout.model):\(rollout.fromVersion) to \(targets(rollout))  "
                + state(rollout.state))
        for line in facts(rollout).lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
        section(variants(rollout), session)
        section(metrics(rollout), session)
        if steps {
            section(
                Table(
                    columns: [
                        .init(title: "#", isNumber: true), .init(title: "WHEN"), .init(title: "BY", mayShrink: true),
                        .init(title: "WHAT", mayShrink: true),
                    ],
                    rows: rollout.steps.map { [String($0.number), Age.moment($0.at), $0.by, $0.text] }), session)
        }
        let next = next(rollout, flags: session.flags)
        if !next.isEmpty { console.print() }
        for line in next { console.print(line) }
    }

    private static func section(_ table: Table, _ session: Session) {
        guard !table.rows.isEmpty else { return }
        session.console.print()
        session.print(table)
    }

    private static func facts(_ rollout: RolloutInfo) -> Facts {
        var facts = Facts()
        facts.add("now", rollout.message.isEmpty ? nil : rollout.message)
        if let step = rollout.step, [.running, .paused].contains(rollout.state) {
            facts.add("step", held(step))
            let all = step.weights.map { "\(NumberText.significant($0))%" }.joined(separator: ", ")
            facts.add("steps", all + (step.promotesItself ? "" : ", then somebody promotes it"))
        }
        facts.add("sticky by", rollout.sticky)
        if let verdict = rollout.verdict {
            facts.add("analysis", rollout.evidence.isEmpty ? verdict : "\(verdict): \(rollout.evidence)")
        }
        for check in rollout.checks {
            facts.add(
                "check \(check.name)",
                check.outcome.map { "\($0): \(check.detail)" + (check.at.map { " (\(Age.text($0)))" } ?? "") }
                    ?? "not answered yet")
        }
        facts.add("approvals", approvals(rollout))
        let reason = rollout.reason.isEmpty ? "" : ": \(rollout.reason)"
        facts.add("asked for", "by \(rollout.requestedBy), \(Age.moment(rollout.requestedAt))\(reason)")
        facts.add("served", NumberText.duration(seconds: rollout.servedSeconds))
        return facts
    }

    private static func approvals(_ rollout: RolloutInfo) -> [String] {
        guard let approvals = rollout.approvals else { return [] }
        var lines = [
            "\(approvals.given.count) of \(approvals.count), by \(approvals.roles.joined(separator: " or "))"
                + (approvals.fourEyes ? "; not by who pushed or asked (four eyes)" : "")
        ]
        lines += approvals.given.map { given in
            "\(given.by), \(Age.moment(given.at))" + (given.comment.isEmpty ? "" : ": \(given.comment)")
        }
        if approvals.missing > 0, !approvals.possible.isEmpty {
            lines.append("could approve: \(approvals.possible.joined(separator: ", "))")
        }
        return lines
    }

    private static func variants(_ rollout: RolloutInfo) -> Table {
        Table(
            columns: [
                .init(title: "VARIANT", mayShrink: true), .init(title: "VERSION", mayShrink: true),
                .init(title: "TRAFFIC", isNumber: true), .init(title: "REQUESTS", isNumber: true),
                .init(title: "ERRORS", isNumber: true),
            ],
            rows: rollout.variants.map { variant in
                [
                    variant.variant, "\(rollout.model):\(variant.version)",
                    "\(NumberText.significant(variant.weight))%", String(variant.requests), String(variant.errors),
                ]
            })
    }

    private static func metrics(_ rollout: RolloutInfo) -> Table {
        func figure(_ value: Double?, _ unit: String) -> String {
            guard let value else { return "-" }
            switch unit {
            case "share": return "\(NumberText.significant(value * 100))%"
            case "ms": return "\(NumberText.milliseconds(value)) ms"
            default: return NumberText.significant(value)
            }
        }
        let several = Set(rollout.metrics.map(\.variant)).count > 1
        return Table(
            columns: [
                .init(title: "METRIC", mayShrink: true), .init(title: "STABLE", isNumber: true),
                .init(title: "CANARY", isNumber: true), .init(title: "LIMIT", isNumber: true),
                .init(title: "ODDS", isNumber: true), .init(title: ""),
            ],
            rows: rollout.metrics.map { metric in
                [
                    (several ? "\(metric.variant) " : "") + metric.name, figure(metric.stable, metric.unit),
                    figure(metric.canary, metric.unit), metric.limit.map(NumberText.significant) ?? "",
                    metric.odds.map { "\(NumberText.significant($0)) of \(NumberText.significant(metric.needed ?? 0))" }
                        ?? "",
                    // Of nothing there is nothing to say yet.
                    metric.stable == nil && metric.canary == nil ? "-" : metric.verdict,
                ]
            })
    }

    /// What to do next, as commands that work when pasted.
    static func next(_ rollout: RolloutInfo, flags: String) -> [String] {
        let endpoint = rollout.endpoint
        switch rollout.state {
        case .awaitingApproval:
            return [
                "next: slipway rollout approve \(endpoint)\(flags)",
                "  or: slipway rollout reject \(endpoint) --reason \"...\"\(flags)",
            ]
        case .running:
            return [
                "next: slipway rollout status \(endpoint) --follow\(flags)",
                "  or: slipway rollout pause|promote|abort \(endpoint)\(flags)",
            ]
        case .paused: return ["next: slipway rollout resume \(endpoint)\(flags)"]
        case .watching:
            return [
                "next: slipway rollout status \(endpoint) --follow\(flags)",
                "  or: slipway rollback \(endpoint)\(flags)",
            ]
        case .promoted: return ["to go back: slipway rollback \(endpoint)\(flags)"]
        case .preparing, .aborted, .rolledBack, .expired: return []
        }
    }
}
