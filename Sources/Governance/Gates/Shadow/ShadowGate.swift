package import Journal
import Registry
import Statistics

/// The gate `shadow`: beside the version that serves in the source space, on its own requests, the candidate has answered
/// alike. It starts nothing: who wants to pass runs a shadow rollout first.
package struct ShadowGate: Gate {
    /// The chance that the interval ever misses the truth.
    private static let alpha = 0.05

    package let name: String
    package var kind: GateKind { .shadow }
    private let rule: ShadowRule
    private let evidence: (any ShadowEvidence)?
    private let clock: any WallClock

    package init(name: String, rule: ShadowRule, evidence: (any ShadowEvidence)?, clock: any WallClock) {
        self.name = name
        self.rule = rule
        self.evidence = evidence
        self.clock = clock
    }

    package func run(on subject: GateSubject, progress: @escaping @Sendable (String) -> Void) async -> GateReport {
        let candidate = subject.candidate
        let started = Timestamp(microseconds: clock.now)
        var report = GateReport(gate: name, kind: kind, outcome: .error, summary: "", startedAt: started)
        do {
            let finding = try await evidence?.finding(
                of: candidate.model, version: candidate.number, in: subject.source)
            if let finding {
                judge(finding, candidate.model, &report)
            } else {
                report.outcome = .failed
                report.summary =
                    "\(candidate.label) has never been in a shadow rollout in \(subject.source): "
                    + "slipway rollout start ENDPOINT --strategy shadow --to \(candidate.label)"
            }
        } catch {
            report.summary = "what shadow rollouts found out could not be read: \(error.message)"
        }
        report.endedAt = Timestamp(microseconds: clock.now)
        return report
    }

    private func judge(_ finding: ShadowFinding, _ model: String, _ report: inout GateReport) {
        let share = finding.requests > 0 ? Double(finding.disagreements) / Double(finding.requests) : nil
        let interval = ProportionSequence.interval(
            Double(finding.disagreements), of: Double(finding.requests), alpha: Self.alpha)
        report.figures = [
            GateFigure(
                name: "requests compared", candidate: Double(finding.requests),
                limit: "at least \(FigureText.grouped(rule.minimumRequests))",
                passed: finding.requests >= UInt64(rule.minimumRequests)),
            // A gate wants to know, not to hope: the end of the interval that is least kind to the candidate decides.
            GateFigure(
                name: "share of disagreements", candidate: share, interval: interval,
                limit: "at most \(FigureText.number(rule.maxDisagreement))",
                passed: interval.upperBound <= rule.maxDisagreement),
        ]
        let ratio = Self.ratio(finding)
        if let limit = rule.maxP99Ratio {
            report.figures.append(
                GateFigure(
                    name: "p99 ratio", candidate: ratio, limit: "at most \(FigureText.number(limit))",
                    passed: ratio.map { $0 <= limit } ?? false,
                    note: ratio == nil ? "there are no latencies to compare" : nil))
        } else {
            report.figures.append(GateFigure(name: "p99 ratio", candidate: ratio))
        }
        let missed = report.figures.filter { $0.passed == false }
        report.outcome = missed.isEmpty ? .passed : .failed
        let beside = "rollout \(finding.rollout) of \(finding.endpoint), beside \(model):\(finding.primary)"
        report.summary =
            missed.isEmpty
            ? "\(beside): \(FigureText.number((share ?? 0) * 100))% of "
                + "\(FigureText.count(Int(clamping: finding.requests), "request")) answered otherwise"
            : "\(beside): \(missed.map { "\($0.name) \($0.candidate.map(FigureText.number) ?? "unknown"), \($0.limit ?? "")" }.joined(separator: "; "))"
        if finding.dropped > 0 {
            report.notes.append(
                "\(FigureText.count(Int(clamping: finding.dropped), "request")) of "
                    + "\(FigureText.grouped(Int(clamping: finding.mirrored))) were dropped: the candidate had no room")
        }
    }

    private static func ratio(_ finding: ShadowFinding) -> Double? {
        guard let own = finding.candidateP99, let other = finding.primaryP99, other > 0 else { return nil }
        return own / other
    }
}
