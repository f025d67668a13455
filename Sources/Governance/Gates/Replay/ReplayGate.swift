package import Journal
import Registry
import Serving
import Statistics

/// The gate `replay`: the candidate answers the last predictions of an endpoint's ledger as they were answered. Where there
/// is too little traffic for a canary to prove anything, what was asked before proves something.
package struct ReplayGate: Gate {
    /// The chance that the interval ever misses the truth.
    private static let alpha = 0.05

    package let name: String
    package var kind: GateKind { .replay }
    private let rule: ReplayRule
    private let evidence: (any ReplayEvidence)?
    private let clock: any WallClock

    package init(name: String, rule: ReplayRule, evidence: (any ReplayEvidence)?, clock: any WallClock) {
        self.name = name
        self.rule = rule
        self.evidence = evidence
        self.clock = clock
    }

    package func run(on subject: GateSubject, progress: @escaping @Sendable (String) -> Void) async -> GateReport {
        let started = Timestamp(microseconds: clock.now)
        var report = GateReport(gate: name, kind: kind, outcome: .error, summary: "", startedAt: started)
        if rule.origin == .target, subject.champion == nil {
            report.outcome = .passed
            report.summary =
                "no version of \(subject.candidate.model) is live in \(subject.target): there is nothing to answer like"
        } else {
            do throws(ControlError) {
                let question = question(subject)
                if let finding = try await evidence?.finding(question, progress: progress) {
                    judge(finding, question, &report)
                } else {
                    report.outcome = .failed
                    report.summary =
                        "no endpoint of \(question.space) has written predictions of \(subject.candidate.model) down: "
                        + "slipway deploy ... --ledger-share 1 --space \(question.space)"
                }
            } catch {
                report.summary = "the predictions could not be made again: \(error.message)"
                if let hint = error.hint { report.notes.append(hint) }
            }
        }
        report.endedAt = Timestamp(microseconds: clock.now)
        return report
    }

    /// In the target space, what the version that is live there answered; in the source space, what any other answered.
    private func question(_ subject: GateSubject) -> ReplayQuestion {
        let isTarget = rule.origin == .target
        return ReplayQuestion(
            candidate: subject.candidate, space: isTarget ? subject.target : subject.source, endpoint: rule.endpoint,
            versions: isTarget ? Set([subject.champion?.number].compactMap { $0 }) : [],
            exceptVersion: isTarget ? nil : subject.candidate.number, newest: rule.lastPredictions,
            tolerance: ShadowPlan.Tolerance(relative: rule.relative, absolute: rule.absolute),
            seconds: rule.timeoutSeconds)
    }

    private func judge(_ finding: ReplayFinding, _ question: ReplayQuestion, _ report: inout GateReport) {
        report.figures = figures(finding)
        report.notes = notes(finding, question)
        let made = finding.compared + finding.failed
        let others = finding.apart + finding.failed
        if let stopped = finding.stopped {
            report.summary = "it was stopped after \(FigureText.count(made, "prediction")): \(stopped)"
            return
        }
        let missed = report.figures.filter { $0.passed == false }
        report.outcome = missed.isEmpty ? .passed : .failed
        report.summary =
            missed.isEmpty
            ? "\(FigureText.grouped(others)) of \(FigureText.count(made, "prediction")) of \(finding.endpoint) in "
                + "\(question.space) answered otherwise"
            : "\(finding.endpoint) in \(question.space): "
                + missed.map { "\($0.name) \($0.candidate.map(FigureText.number) ?? "unknown"), \($0.limit ?? "")" }
                .joined(separator: "; ")
    }

    private func figures(_ finding: ReplayFinding) -> [GateFigure] {
        let made = finding.compared + finding.failed
        let others = finding.apart + finding.failed
        // The end of the interval that is least kind to the candidate decides, as for the gate `shadow`.
        let interval = ProportionSequence.interval(Double(others), of: Double(made), alpha: Self.alpha)
        var figures = [
            GateFigure(
                name: "predictions compared", candidate: Double(made),
                limit: "at least \(FigureText.grouped(rule.minimumPredictions))",
                passed: made >= rule.minimumPredictions),
            GateFigure(
                name: "share of disagreements", candidate: made > 0 ? Double(others) / Double(made) : nil,
                interval: interval, limit: "at most \(FigureText.number(rule.maxDisagreement))",
                passed: interval.upperBound <= rule.maxDisagreement),
            GateFigure(name: "predictions not answered", candidate: Double(finding.failed), note: finding.failure),
        ]
        figures.append(classFigure(finding))
        figures += finding.outputs.map {
            GateFigure(name: "largest difference of \($0.name)", candidate: $0.largestDifference)
        }
        return figures
    }

    private func classFigure(_ finding: ReplayFinding) -> GateFigure {
        var figure = GateFigure(name: "share of rows of another class", candidate: nil)
        if let changes = finding.classChanges, finding.rows > 0 {
            figure.candidate = Double(changes) / Double(finding.rows)
        } else {
            figure.note = "no output has classes"
        }
        if let limit = rule.maxClassChanges {
            figure.limit = "at most \(FigureText.number(limit))"
            figure.passed = figure.candidate.map { $0 <= limit } ?? false
        }
        return figure
    }

    private func notes(_ finding: ReplayFinding, _ question: ReplayQuestion) -> [String] {
        var notes: [String] = []
        if let oldest = finding.oldest, let newest = finding.newest {
            let versions = finding.answeredBy.map { "\(question.candidate.model):\($0)" }.joined(separator: ", ")
            notes.append(
                "predictions of \(finding.endpoint) in \(question.space) from \(oldest) to \(newest), answered by "
                    + (versions.isEmpty ? "none that could be compared" : versions))
        }
        let skipped = finding.skipped.reduce(0) { $0 + $1.predictions }
        if skipped > 0 {
            let reasons = finding.skipped.map { "\($0.reason) \(FigureText.grouped($0.predictions))" }
            notes.append(
                "\(FigureText.count(skipped, "prediction")) of \(FigureText.grouped(finding.read)) could not be made "
                    + "again: \(reasons.joined(separator: ", "))")
        }
        if !finding.worst.isEmpty { notes.append("furthest apart: \(finding.worst.joined(separator: ", "))") }
        return notes
    }
}
