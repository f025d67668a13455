/// Compares a canary with stable while both answer: a value that is fed with what both did each second and can say at any
/// moment whether the canary passes, fails, or whether it is too early to say.
///
/// It fails when the evidence of one metric since the start of the rollout reaches its share of `alpha`; since every
/// metric's evidence is an e-process, looking every second costs nothing. docs/decisions/sequential-tests.md has the
/// reasons and what was measured.
package struct CanaryAnalysis: Sendable, Hashable, Codable {
    package let settings: AnalysisSettings
    var metrics: MetricTests
    var step = StepTally()
    var checks: [CheckState] = []
    /// The report with which it failed.
    var failure: AnalysisReport?

    /// - Parameter qualities: what truths will be told of; a step does not pass without them.
    package init(_ settings: AnalysisSettings, qualities: [String] = []) {
        self.settings = settings
        metrics = MetricTests(settings, qualities: qualities)
    }

    /// Takes what both did within the same second or so. May take longer: then a fault may too.
    package mutating func observe(_ tick: ArmTick) {
        step.observe(tick)
        metrics.observe(tick)
        settle()
    }

    /// Takes truths that came back. What is no count of losses is left out.
    package mutating func observe(quality: QualityTick) {
        guard quality.stable.isPossible, quality.canary.isPossible else { return }
        metrics.observe(quality)
        step.observe(quality)
        settle()
    }

    package mutating func observe(check: CheckResult) {
        if let index = checks.firstIndex(where: { $0.last.name == check.name }) {
            checks[index].observe(check)
        } else if checks.count < CheckState.limit {
            checks.append(CheckState(check))
        }
        settle()
    }

    /// Another weight: passing is judged by what is seen from now on, failing by everything since the start.
    package mutating func beginStep() {
        step = StepTally()
        metrics.beginStep()
        for index in checks.indices { checks[index].isOfThisStep = false }
    }

    package var verdict: AnalysisVerdict { report.verdict }

    /// Once it has, it stays so.
    package var hasFailed: Bool { failure != nil }

    package var report: AnalysisReport { failure ?? Judgement(self).report }

    private mutating func settle() {
        guard failure == nil,
            metrics.hasFailed || checks.contains(where: { $0.failuresInARow >= settings.checkFailures })
        else { return }
        failure = Judgement(self).report
    }
}

/// An external check as it went last.
struct CheckState: Sendable, Hashable, Codable {
    static let limit = 16

    var last: CheckResult
    var failuresInARow: Int
    var isOfThisStep = true

    init(_ result: CheckResult) {
        last = result
        failuresInARow = result.outcome == .failed ? 1 : 0
    }

    mutating func observe(_ result: CheckResult) {
        last = result
        isOfThisStep = true
        switch result.outcome {
        case .failed: failuresInARow += 1
        case .passed: failuresInARow = 0
        case .unavailable: break
        }
    }
}
