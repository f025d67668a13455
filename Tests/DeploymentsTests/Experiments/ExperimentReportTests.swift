import Foundation
import Statistics
import Testing

@testable import Deployments

@Suite struct ExperimentReportTests {
    private func shares(_ hits: Int, of count: Int) -> Sample {
        Sample(count: count, sum: Double(hits), squares: Double(hits))
    }

    private func arms(_ requests: [UInt64], weights: [Int] = [5000, 5000]) -> [ExperimentReport.Arm] {
        zip(requests, weights).enumerated().map { index, arm in
            ExperimentReport.Arm(
                variant: index == 0 ? "stable" : "b\(index)", version: index + 1, weight: arm.1, requests: arm.0,
                errors: 0, units: Int(arm.0) / 10)
        }
    }

    private func report(
        _ stable: (Int, Int), _ candidate: (Int, Int), guardrail: ((Int, Int), (Int, Int))? = nil,
        requests: [UInt64] = [10_000, 10_050], better: ExperimentMetric.Direction = .higher
    ) -> ExperimentReport {
        var metrics = [ExperimentMetric(name: "bought", better: better)]
        var samples = [
            "bought": ["stable": shares(stable.0, of: stable.1), "b1": shares(candidate.0, of: candidate.1)]
        ]
        if let guardrail {
            metrics.append(ExperimentMetric(name: "returned", better: .lower, role: .guardrail, margin: 0.01))
            samples["returned"] = [
                "stable": shares(guardrail.0.0, of: guardrail.0.1), "b1": shares(guardrail.1.0, of: guardrail.1.1),
            ]
        }
        return ExperimentJudge(metrics: metrics, arms: arms(requests), samples: samples, isSticky: false).report
    }

    @Test func `a clear difference is better or worse by the direction that was wanted`() {
        #expect(report((1000, 10_000), (1300, 10_000)).verdict == .better)
        #expect(report((1000, 10_000), (1300, 10_000), better: .lower).verdict == .worse)
        #expect(report((1000, 10_000), (700, 10_000)).verdict == .worse)
    }

    @Test func `a small difference, and too few outcomes, are undecided and say why`() {
        let close = report((1000, 10_000), (1030, 10_000))
        #expect(close.verdict == .undecided)
        #expect(close.sentence.hasSuffix("no difference is shown yet"))
        #expect(report((2, 20), (9, 20)).sentence == "bought of b1: too few outcomes: 20 where 30 are needed")
    }

    @Test func `a broken guardrail outweighs a better goal, and one that is open holds it`() {
        let better = ((1000, 10_000), (1300, 10_000))
        let broken = report(better.0, better.1, guardrail: ((500, 10_000), (1000, 10_000)))
        #expect(broken.verdict == .harmful)
        #expect(broken.sentence.contains("returned of b1: +0.05 "))
        #expect(report(better.0, better.1, guardrail: ((50, 1000), (55, 1000))).verdict == .undecided)
        #expect(report(better.0, better.1, guardrail: ((5000, 100_000), (5010, 100_000))).verdict == .better)
    }

    @Test func `arms that did not get what their weights say make every figure worthless`() {
        let report = report((1000, 10_000), (1300, 10_000), requests: [10_000, 11_000])
        #expect(report.verdict == .invalid)
        #expect(
            report.sentence.hasPrefix("the variants got 10,000 and 11,000 requests where their weights are 50% and 50%")
        )
    }

    @Test func `where callers stay with their variant, keys are counted, not requests`() throws {
        let judge = ExperimentJudge(metrics: [], arms: arms([10_000, 12_000]), samples: [:], isSticky: true)
        let ratio = try #require(judge.report.ratio)
        #expect(ratio.counts == [1000, 1200] && ratio.unit == "keys")
        #expect(ExperimentJudge(metrics: [], arms: arms([0, 0]), samples: [:], isSticky: true).report.ratio == nil)
    }

    @Test func `more candidates and more goals make each interval wider`() throws {
        let sample = ["stable": shares(100, of: 1000), "b1": shares(130, of: 1000), "b2": shares(130, of: 1000)]
        func width(_ arms: [ExperimentReport.Arm], goals: Int) throws -> Double {
            let metrics = (0..<goals).map { ExperimentMetric(name: "m\($0)") }
            let samples = Dictionary(uniqueKeysWithValues: metrics.map { ($0.name, sample) })
            let report = ExperimentJudge(metrics: metrics, arms: arms, samples: samples, isSticky: false).report
            let interval = try #require(report.lines.first?.effect?.interval)
            return interval.upperBound - interval.lowerBound
        }
        let one = try width(arms([1, 1]), goals: 1)
        #expect(try width(arms([1, 1, 1], weights: [1, 1, 1]), goals: 1) > one)
        #expect(try width(arms([1, 1]), goals: 3) > one)
    }
}
