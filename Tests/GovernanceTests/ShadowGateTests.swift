import Documents
import Journal
import Registry
import Tensors
import Testing

@testable import Governance

@Suite struct ShadowGateTests {
    private struct Known: ShadowEvidence {
        var finding: ShadowFinding?
        var error: ControlError?

        func finding(of model: String, version: Int, in space: String) async throws(ControlError) -> ShadowFinding? {
            if let error { throw error }
            return version == 2 && space == "test" ? finding : nil
        }
    }

    private func report(_ known: Known, _ rule: ShadowRule = ShadowRule()) async -> GateReport {
        let subject = GateSubject(
            promotion: 1, candidate: .sample(2, signature: Signature(inputs: [], outputs: [])), champion: nil,
            source: "test", target: "prod")
        let gate = ShadowGate(name: "beside", rule: rule, evidence: known, clock: ManualClock())
        return await gate.run(on: subject) { _ in }
    }

    private func finding(_ apart: UInt64, of requests: UInt64, dropped: UInt64 = 0) -> ShadowFinding {
        ShadowFinding(
            endpoint: "wine", rollout: 4, primary: 1, requests: requests, disagreements: apart,
            mirrored: requests + dropped, dropped: dropped, primaryP99: 2, candidateP99: 3)
    }

    @Test func `few disagreements among many requests pass`() async {
        let report = await report(Known(finding: finding(5, of: 10_000, dropped: 7)))
        #expect(report.outcome == .passed)
        #expect(report.summary.hasPrefix("rollout 4 of wine, beside "))
        #expect(report.notes == ["7 requests of 10,007 were dropped: the candidate had no room"])
    }

    @Test func `what might be above the limit does not pass, though it was below so far`() async {
        let report = await report(Known(finding: finding(9, of: 1000)))
        #expect(report.outcome == .failed)
        #expect(report.figures[1].passed == false)
    }

    @Test func `too few requests do not pass`() async {
        let report = await report(
            Known(finding: finding(0, of: 900)), ShadowRule(maxDisagreement: 0.2, minimumRequests: 1000))
        #expect(report.figures.map(\.passed) == [false, true, nil])
        #expect(report.outcome == .failed)
    }

    @Test func `a candidate that takes too long fails where the rule asks for that`() async {
        #expect(await report(Known(finding: finding(0, of: 10_000)), ShadowRule(maxP99Ratio: 1.4)).outcome == .failed)
        #expect(await report(Known(finding: finding(0, of: 10_000)), ShadowRule(maxP99Ratio: 1.6)).outcome == .passed)
    }

    @Test func `a version that was never a shadow fails and is told how to become one`() async {
        let report = await report(Known())
        #expect(report.outcome == .failed)
        #expect(report.summary.contains("slipway rollout start ENDPOINT --strategy shadow --to "))
    }

    @Test func `what cannot be read is an error`() async {
        let report = await report(Known(error: ControlError(.unavailable, "no room")))
        #expect(report.outcome == .error)
        #expect(report.summary.hasSuffix("could not be read: no room"))
    }

    @Test(arguments: [
        ("maxDisagreement: 1.5", "gates[0].maxDisagreement"), ("minimumRequests: 0", "gates[0].minimumRequests"),
        ("maxP99Ratio: 0", "gates[0].maxP99Ratio"), ("maxDisagreements: 0.1", "gates[0].maxDisagreements"),
    ])
    func `a rule that cannot be is refused by its field`(line: String, field: String) throws {
        let error = #expect(throws: ControlError.self) {
            try SpacePolicy(document: DocumentText.value(yaml: "gates: [{name: beside, kind: shadow, \(line)}]"))
        }
        #expect(error?.field == field)
    }
}
