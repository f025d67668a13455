import Documents
import Journal
import Registry
import Synchronization
import Tensors
import Testing

@testable import Governance

@Suite struct ReplayGateTests {
    private final class Known: ReplayEvidence {
        let finding: ReplayFinding?
        let error: ControlError?
        let asked = Mutex<ReplayQuestion?>(nil)

        init(_ finding: ReplayFinding?, error: ControlError? = nil) {
            self.finding = finding
            self.error = error
        }

        func finding(
            _ question: ReplayQuestion, progress: @escaping @Sendable (String) -> Void
        ) async throws(ControlError) -> ReplayFinding? {
            asked.withLock { $0 = question }
            if let error { throw error }
            return finding
        }
    }

    private func report(
        _ known: Known, _ rule: ReplayRule = ReplayRule(), champion: ModelVersion? = .sample(1)
    ) async -> GateReport {
        let subject = GateSubject(
            promotion: 1, candidate: .sample(2), champion: champion, source: "test", target: "prod")
        return await ReplayGate(name: "again", rule: rule, evidence: known, clock: ManualClock()).run(on: subject) {
            _ in
        }
    }

    private func finding(_ apart: Int, of count: Int, failed: Int = 0) -> ReplayFinding {
        ReplayFinding(
            endpoint: "wine", read: count + failed, compared: count, apart: apart, failed: failed, rows: count,
            classChanges: apart)
    }

    @Test func `few disagreements among many predictions pass`() async {
        #expect(await report(Known(finding(2, of: 2000))).outcome == .passed)
    }

    @Test func `what might be above the limit does not pass, though it was below so far`() async {
        let report = await report(Known(finding(15, of: 2000)))
        #expect(report.outcome == .failed)
        #expect(report.figures.map(\.passed) == [true, false, nil, nil])
    }

    @Test func `a prediction that the candidate does not answer is a disagreement`() async {
        let report = await report(Known(finding(0, of: 1900, failed: 100)))
        #expect(report.outcome == .failed)
        #expect(report.figures[1].candidate == 0.05)
    }

    @Test func `too few predictions do not pass`() async {
        let report = await report(Known(finding(0, of: 900)), ReplayRule(maxDisagreement: 0.2))
        #expect(report.figures.map(\.passed) == [false, true, nil, nil])
    }

    @Test func `a share of class changes without classes fails where there is a limit`() async {
        var found = finding(0, of: 2000)
        found.classChanges = nil
        #expect(await report(Known(found), ReplayRule(maxClassChanges: 0.5)).outcome == .failed)
    }

    @Test func `a replay that ended early is an error, with what it found`() async {
        var found = finding(0, of: 2000)
        found.stopped = "its worker died 4 times in a row"
        let report = await report(Known(found))
        #expect(report.outcome == .error)
        #expect(report.summary.hasSuffix("its worker died 4 times in a row"))
        #expect(report.figures.count == 4)
    }

    @Test func `what cannot be made again is an error`() async {
        let report = await report(Known(nil, error: ControlError(.invalid, "two endpoints", hint: "say which")))
        #expect(report.outcome == .error)
        #expect(report.summary.hasSuffix("two endpoints"))
        #expect(report.notes == ["say which"])
    }

    @Test func `the champion's predictions in the target space are asked for`() async {
        let known = Known(finding(0, of: 2000))
        _ = await report(known, ReplayRule(endpoint: "wine", lastPredictions: 77, minimumPredictions: 7))
        let asked = known.asked.withLock { $0 }
        #expect(asked?.space == "prod" && asked?.versions == [1] && asked?.exceptVersion == nil)
        #expect(asked?.endpoint == "wine" && asked?.newest == 77)
    }

    @Test func `in the source space what any other version answered is asked for`() async {
        let known = Known(finding(0, of: 2000))
        _ = await report(known, ReplayRule(origin: .source), champion: nil)
        let asked = known.asked.withLock { $0 }
        #expect(asked?.space == "test" && asked?.versions == [] && asked?.exceptVersion == 2)
    }

    @Test func `the first version in a space has nothing to answer like`() async {
        let known = Known(nil)
        let report = await report(known, champion: nil)
        #expect(report.outcome == .passed)
        #expect(known.asked.withLock { $0 } == nil)
    }

    @Test func `without a ledger it fails and is told how to have one`() async {
        let report = await report(Known(nil))
        #expect(report.outcome == .failed)
        #expect(report.summary.contains("slipway deploy ... --ledger-share 1 --space prod"))
    }

    @Test func `a rule is read with what is not said set`() throws {
        let policy = try SpacePolicy(
            document: DocumentText.value(
                yaml: "gates: [{name: again, kind: replay, from: source, lastPredictions: 50, absolute: 0.5}]"))
        var rule = ReplayRule(origin: .source, lastPredictions: 50, minimumPredictions: 50)
        rule.absolute = 0.5
        #expect(policy.gates.map(\.rule) == [.replay(rule)])
    }

    @Test(arguments: [
        ("maxDisagreement: 1.5", "gates[0].maxDisagreement"), ("minimumPredictions: 0", "gates[0].minimumPredictions"),
        ("lastPredictions: 10, minimumPredictions: 11", "gates[0].minimumPredictions"),
        ("maxClassChanges: -1", "gates[0].maxClassChanges"), ("relative: -1", "gates[0].relative"),
        ("from: prod", "gates[0].from"), ("endpoint: '..'", "gates[0].endpoint"), ("last: 1", "gates[0].last"),
        ("timeoutSeconds: 0", "gates[0].timeoutSeconds"),
    ])
    func `a rule that cannot be is refused by its field`(line: String, field: String) throws {
        let error = #expect(throws: ControlError.self) {
            try SpacePolicy(document: DocumentText.value(yaml: "gates: [{name: again, kind: replay, \(line)}]"))
        }
        #expect(error?.field == field)
    }
}
