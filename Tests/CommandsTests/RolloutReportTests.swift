import ManagementAPI
import Testing

@testable import Commands

@Suite struct RolloutReportTests {
    private func metric(_ role: String, _ verdict: String) -> ExperimentInfo.Metric {
        ExperimentInfo.Metric(
            name: "returned", role: role, better: "lower", margin: 0.05, variant: "b", stableCount: 0, stableMean: nil,
            count: 0, mean: nil,
            verdict: verdict, sentence: "")
    }

    @Test(arguments: [
        ("guardrail", "better", "kept"), ("guardrail", "harmful", "broken"), ("guardrail", "undecided", "undecided"),
        ("goal", "better", "better"), ("goal", "worse", "worse"),
    ])
    func `a guardrail is kept or broken, a goal better or worse`(role: String, verdict: String, word: String) {
        #expect(RolloutReportText.word(metric(role, verdict)) == word)
    }
}
