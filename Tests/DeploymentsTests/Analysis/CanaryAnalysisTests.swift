import Foundation
import Journal
import Serving
import Testing

@testable import Deployments

@Suite struct CanaryAnalysisTests {
    private func analysis(
        _ traffic: SimulatedTraffic, seconds: Int, weight: Double = 0.05, settings: AnalysisSettings = .init()
    ) -> CanaryAnalysis {
        var source = SimulatedTraffic.Source(traffic, seed: 1)
        var analysis = CanaryAnalysis(settings)
        for _ in 0..<seconds { analysis.observe(source.next(canaryWeight: weight)) }
        return analysis
    }

    @Test func `nothing seen is too little traffic, which never passes and says so`() {
        let report = CanaryAnalysis(AnalysisSettings()).report
        #expect(report.verdict == .inconclusive)
        #expect(
            report.sentence.contains("too little traffic: the canary has answered 0 requests in this step, 100 are"))
    }

    @Test func `a good canary with enough requests passes, and a new step begins with none`() {
        var analysis = analysis(SimulatedTraffic(), seconds: 30)
        #expect(analysis.verdict == .pass)
        analysis.beginStep()
        #expect(analysis.verdict == .inconclusive)
        #expect(analysis.report.metrics.first { $0.name == "errors" }?.canarySamples == 0)
    }

    @Test func `a canary that fails its first requests has failed long before it has the samples that passing takes`() {
        var traffic = SimulatedTraffic()
        traffic.canaryErrors = 0.5
        var settings = AnalysisSettings()
        settings.minimumSamples = 1_000_000
        let report = analysis(traffic, seconds: 10, weight: 0.01, settings: settings).report
        #expect(report.verdict == .fail)
        #expect(report.sentence.hasPrefix("errors: "))
        #expect(report.sentence.contains("more than 0.5% above it, odds "))
    }

    @Test func `what has failed stays failed, with the report that it failed with`() {
        var traffic = SimulatedTraffic()
        traffic.canaryErrors = 0.5
        var analysis = analysis(traffic, seconds: 20)
        let report = analysis.report
        var source = SimulatedTraffic.Source(SimulatedTraffic(), seed: 2)
        analysis.beginStep()
        for _ in 0..<200 { analysis.observe(source.next(canaryWeight: 0.5)) }
        #expect(analysis.report == report)
        #expect(report.verdict == .fail)
    }

    @Test func `a limit that is taken away is not judged`() {
        var traffic = SimulatedTraffic()
        traffic.canaryErrors = 0.5
        var settings = AnalysisSettings()
        settings.maxErrorRateIncrease = nil
        let analysis = analysis(traffic, seconds: 60, settings: settings)
        #expect(analysis.verdict == .pass)
        #expect(!analysis.report.metrics.contains { $0.name == "errors" })
    }

    @Test func `with all traffic on the canary it is held against what stable did before`() {
        func verdict(_ errors: Double) -> AnalysisVerdict {
            var analysis = analysis(SimulatedTraffic(), seconds: 60, weight: 0.5)
            analysis.beginStep()
            var traffic = SimulatedTraffic()
            traffic.canaryErrors = errors
            var source = SimulatedTraffic.Source(traffic, seed: 3)
            for _ in 0..<60 { analysis.observe(source.next(canaryWeight: 1)) }
            return analysis.verdict
        }
        #expect(verdict(0.01) == .pass)
        #expect(verdict(0.1) == .fail)
    }

    /// The analysis is written down each second and read after a crash: what it says must not depend on that.
    @Test func `read from its own JSON after every second it says the same, and it stays small`() throws {
        var traffic = SimulatedTraffic()
        traffic.canaryErrors = 0.03
        traffic.dependence = .withinTheVariant
        var source = SimulatedTraffic.Source(traffic, seed: 5)
        var (kept, restored) = (CanaryAnalysis(AnalysisSettings()), CanaryAnalysis(AnalysisSettings()))
        for second in 0..<120 {
            if second == 60 {
                kept.beginStep()
                restored.beginStep()
            }
            let tick = source.next(canaryWeight: 0.25)
            kept.observe(tick)
            restored.observe(tick)
            let json = try JSONEncoder().encode(restored)
            #expect(json.count < 20_000)
            restored = try JSONDecoder().decode(CanaryAnalysis.self, from: json)
        }
        #expect(restored == kept)
    }

    @Test func `external checks fail after as many failures in a row as the settings say, and hold before that`() {
        var analysis = analysis(SimulatedTraffic(), seconds: 30)
        func check(_ outcome: CheckResult.Outcome) -> AnalysisVerdict {
            analysis.observe(check: CheckResult(name: "latency", outcome: outcome, detail: "0.2 of at most 0.1"))
            return analysis.verdict
        }
        #expect(check(.passed) == .pass)
        #expect(check(.unavailable) == .inconclusive)
        #expect(check(.failed) == .inconclusive)
        #expect(check(.passed) == .pass)
        #expect(check(.failed) == .inconclusive)
        #expect(check(.failed) == .fail)
        #expect(analysis.report.sentence == "check latency: failed 2 of 2 times in a row: 0.2 of at most 0.1")
    }

    @Test func `a check of the step before does not let the next one pass`() {
        var analysis = analysis(SimulatedTraffic(), seconds: 30)
        analysis.observe(check: CheckResult(name: "hook", outcome: .passed, detail: "passed"))
        analysis.beginStep()
        var source = SimulatedTraffic.Source(SimulatedTraffic(), seed: 7)
        for _ in 0..<30 { analysis.observe(source.next(canaryWeight: 0.05)) }
        #expect(analysis.verdict == .inconclusive)
        #expect(analysis.report.sentence.contains("not asked in this step yet"))
    }

    @Test func `losses that came back are judged like errors`() {
        func verdict(_ loss: Double) -> AnalysisVerdict {
            var analysis = analysis(SimulatedTraffic(), seconds: 30)
            for _ in 0..<60 {
                analysis.observe(
                    quality: QualityTick(
                        name: "wrong", stable: .init(count: 40, loss: 4), canary: .init(count: 40, loss: loss)))
            }
            return analysis.verdict
        }
        #expect(verdict(4) == .pass)
        #expect(verdict(12) == .fail)
    }

    @Test func `a step does not pass before as many truths of each variant have come back as it needs`() {
        var source = SimulatedTraffic.Source(SimulatedTraffic(), seed: 1)
        var settings = AnalysisSettings()
        settings.minimumOutcomes = 50
        var analysis = CanaryAnalysis(settings, qualities: ["wrong"])
        for _ in 0..<30 { analysis.observe(source.next(canaryWeight: 0.05)) }
        func tell(_ canary: Int) {
            analysis.observe(
                quality: QualityTick(
                    name: "wrong", stable: .init(count: 60, loss: 6), canary: .init(count: canary, loss: 0)))
        }
        #expect(analysis.verdict == .inconclusive)
        tell(49)
        #expect(analysis.verdict == .inconclusive)
        #expect(analysis.report.sentence.contains("49 of the canary and 60 of stable, 50 of each are needed"))
        tell(1)
        #expect(analysis.verdict == .pass)
        analysis.beginStep()
        for _ in 0..<30 { analysis.observe(source.next(canaryWeight: 0.05)) }
        #expect(analysis.verdict == .inconclusive)
    }

    @Test func `counts that no server would send stop nobody`() {
        var analysis = CanaryAnalysis(AnalysisSettings())
        let odd = ArmCounts(
            requests: .max, errors: .max, nonFinite: .max, latency: [.max, .max],
            outputs: [OutputCounts(name: "a", bins: [.max, .max])])
        for _ in 0..<20 { analysis.observe(ArmTick(stable: odd, canary: ArmCounts(requests: 1, errors: 9))) }
        for _ in 0..<20 { analysis.observe(ArmTick(stable: ArmCounts(latency: [1]), canary: odd)) }
        analysis.observe(
            quality: QualityTick(
                name: "x", stable: .init(count: -5, loss: .nan), canary: .init(count: .max, loss: .infinity)))
        #expect(!analysis.report.sentence.isEmpty)
        #expect(throws: Never.self) { try JSONEncoder().encode(analysis) }
    }
}

@Suite struct AnalysisSettingsTests {
    @Test func `what is not said is the default, null takes a limit away`() throws {
        let json = Data(#"{"maxP99Ratio": null, "minimumSamples": 7}"#.utf8)
        let settings = try JSONDecoder().decode(AnalysisSettings.self, from: json)
        var wanted = AnalysisSettings()
        wanted.maxP99Ratio = nil
        wanted.minimumSamples = 7
        #expect(settings == wanted)
        #expect(try JSONDecoder().decode(AnalysisSettings.self, from: JSONEncoder().encode(settings)) == settings)
    }

    @Test func `a limit outside its range is refused by name`() {
        var settings = AnalysisSettings()
        settings.maxP50Ratio = 0.5
        let error = #expect(throws: ControlError.self) { try settings.validate() }
        #expect(error?.field == "maxP50Ratio")
        #expect(error?.message == "'maxP50Ratio' is from 1 to 100, got 0.5")
        #expect(throws: Never.self) { try AnalysisSettings().validate() }
    }
}

@Suite struct LatencyFiguresTests {
    @Test(arguments: [(1, 0), (1.01, 1), (1.25, 1), (1.5, 2), (2, 4), (10, 10), (1e12, 80)])
    func `a ratio is the smallest step of buckets that is at least as much everywhere`(ratio: Double, shift: Int) {
        #expect(LatencyFigures.shift(for: ratio) == shift)
    }

    @Test func `a quantile lies within its bucket`() {
        var counts = Array(repeating: UInt64(0), count: LatencyHistogram.bounds.count + 1)
        counts[30] = 10
        #expect(LatencyFigures.quantile(0.5, of: counts) == 0.9)
        #expect(LatencyFigures.quantile(0.5, of: []) == nil)
        counts[LatencyHistogram.bounds.count] = 1000
        #expect(LatencyFigures.quantile(0.99, of: counts) == 100_000)
    }
}
