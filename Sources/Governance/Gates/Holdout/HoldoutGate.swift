package import Journal
package import Registry
import Serving

/// Scores the candidate, and the champion where there is one, on rows that neither has seen, in worker processes, and
/// holds its metrics against the rule's limits.
///
/// The data set is one of the target space: whoever makes models in the source space need not be able to see it.
package struct HoldoutGate: Gate {
    package let name: String
    package let kind = GateKind.holdout
    private let rule: HoldoutRule
    private let data: any DataSetReading
    private let scorer: any ModelScoring
    private let clock: any WallClock

    package init(
        name: String, rule: HoldoutRule, data: any DataSetReading, scorer: any ModelScoring,
        clock: any WallClock = SystemClock()
    ) {
        self.name = name
        self.rule = rule
        self.data = data
        self.scorer = scorer
        self.clock = clock
    }

    package func run(
        on subject: GateSubject, progress: @escaping @Sendable (String) -> Void
    ) async -> GateReport {
        let startedAt = Timestamp(microseconds: clock.now)
        var report: GateReport
        do throws(ControlError) {
            report = try await judge(subject, progress)
        } catch {
            report = .error(name, kind, error)
        }
        report.startedAt = startedAt
        report.endedAt = Timestamp(microseconds: clock.now)
        return report
    }

    private func judge(
        _ subject: GateSubject, _ progress: @escaping @Sendable (String) -> Void
    ) async throws(ControlError) -> GateReport {
        try rule.validate()
        let table = try await data.table(rule.dataset.name, version: rule.dataset.version, space: subject.target)
        let work = GateWork(seconds: rule.timeoutSeconds)
        return try await work.run { () throws(ControlError) in
            try report(subject, table, work, progress)
        }
    }

    /// Blocks.
    private func report(
        _ subject: GateSubject, _ table: DataTable, _ work: GateWork, _ progress: @escaping @Sendable (String) -> Void
    ) throws(ControlError) -> GateReport {
        guard table.rowCount > 0 else {
            throw ControlError(.invalid, "the data set \(table.label) has no rows", field: "dataset")
        }
        let examination = HoldoutExamination(rule: rule, table: table, scorer: scorer, work: work, progress: progress)
        let candidate = try examination.examine(subject.candidate)
        let (champion, notes) = try self.champion(subject, candidate, examination)
        let judge = HoldoutJudge(rule: rule, candidate: candidate, champion: champion, table: table, work: work)
        progress("comparing with the limits")
        let figures = try judge.figures()
        return GateReport(
            gate: name, kind: kind, outcome: figures.contains { $0.passed == false } ? .failed : .passed,
            summary: HoldoutSummary.sentence(figures, table), figures: figures,
            notes: ["Data set \(table.label), SHA-256 \(table.sha256)."] + candidate.notes + notes
                + HoldoutSummary.method(rule, hasChampion: champion != nil))
    }

    /// The champion's answers to the same rows. Where nothing is compared with it, one that cannot be scored is a note.
    private func champion(
        _ subject: GateSubject, _ candidate: any JudgedRows, _ examination: HoldoutExamination
    ) throws(ControlError) -> ((any JudgedRows)?, [String]) {
        guard let champion = subject.champion else { return (nil, []) }
        if champion.artifact.digest == subject.candidate.artifact.digest {
            return (candidate, ["The champion, \(champion.label), has the same bytes."])
        }
        do throws(ControlError) {
            return (try examination.examine(champion), ["The champion is \(champion.label)."])
        } catch {
            guard !rule.comparesWithChampion, examination.work.isWanted else { throw error }
            return (nil, ["The champion, \(champion.label), could not be scored: \(error.message)"])
        }
    }
}
