import Governance
import Journal
import Registry
import Serving
import Testing

@testable import Replay

@Suite struct ReplayEvidenceTests {
    private func gate(_ workshop: ReplayWorkshop, _ rule: ReplayRule, weight: Float = 1) async -> GateReport {
        let subject = GateSubject(
            promotion: 1, candidate: ReplayWorkshop.version(2), champion: ReplayWorkshop.version(1), source: "dev",
            target: "default")
        let gate = ReplayGate(
            name: "again", rule: rule, evidence: workshop.service([2: Weighing(weight: weight)]), clock: SystemClock())
        return await gate.run(on: subject) { _ in }
    }

    private func filled(_ count: Int) throws -> ReplayWorkshop {
        let workshop = ReplayWorkshop()
        for number in 0..<count { try workshop.record([[Float(number) / Float(count), 1]]) }
        return workshop
    }

    @Test func `a candidate that answers alike passes, with what was compared in its report`() async throws {
        let report = await gate(try filled(400), ReplayRule(minimumPredictions: 400, maxDisagreement: 0.05))
        #expect(report.outcome == .passed, "\(report.summary)")
        #expect(report.figures.first?.candidate == 400)
        #expect(report.notes.contains { $0.contains("answered by churn:1") })
    }

    @Test func `a candidate that answers otherwise fails`() async throws {
        let report = await gate(
            try filled(400), ReplayRule(minimumPredictions: 10, maxDisagreement: 0.5, maxClassChanges: 0.1), weight: 2)
        #expect(report.outcome == .failed)
        let changes = try #require(report.figures.first { $0.name == "share of rows of another class" })
        #expect(changes.passed == false)
        #expect(abs((changes.candidate ?? 0) - 0.25) < 0.01)
    }

    @Test func `what another version than the champion answered is not taken`() async throws {
        let workshop = try filled(20)
        workshop.record(
            inputs: [.floats("x", [[0.1, 1]])], outputs: [.labels("label", [1])], version: 3)
        let report = await gate(workshop, ReplayRule(minimumPredictions: 20, maxDisagreement: 1))
        #expect(report.outcome == .passed)
        #expect(report.figures.first?.candidate == 20)
    }

    @Test func `an endpoint of another model has no predictions for it`() async throws {
        let report = await gate(ReplayWorkshop(), ReplayRule())
        #expect(report.outcome == .failed)
        #expect(report.summary.contains("--ledger-share 1 --space default"))
    }
}
