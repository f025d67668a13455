import Foundation
import Serving
import Statistics

/// The sequential test of each metric. Each metric has the same share of `alpha`, whether or not the others are judged:
/// taking a limit away makes nothing else more likely to fail.
struct MetricTests: Sendable, Hashable, Codable {
    /// `errors`, `nonFinite`, `p50`, `p99`, outputs, quality.
    private static let families = 6.0
    /// Outputs and qualities that are judged: the first ones.
    static let mostNamed = 4

    private let alpha: Double
    private let maxOutputDistance: Double?
    private let maxQualityLossIncrease: Double?
    var errors: RateTest?
    var nonFinite: RateTest?
    var p50: QuantileTest?
    var p99: QuantileTest?
    var outputs: [Named<DistributionTest>] = []
    var quality: [Named<RateTest>] = []

    struct Named<Test: Sendable & Hashable & Codable>: Sendable, Hashable, Codable {
        var name: String
        var test: Test
    }

    init(_ settings: AnalysisSettings, qualities: [String] = []) {
        alpha = settings.alpha
        maxOutputDistance = settings.maxOutputDistance
        maxQualityLossIncrease = settings.maxQualityLossIncrease
        errors = settings.maxErrorRateIncrease.map { RateTest(margin: $0) }
        nonFinite = settings.maxNonFiniteIncrease.map { RateTest(margin: $0) }
        p50 = settings.maxP50Ratio.map {
            QuantileTest(share: 0.5, shift: LatencyFigures.shift(for: $0), length: 3, most: 1.5)
        }
        p99 = settings.maxP99Ratio.map {
            QuantileTest(share: 0.01, shift: LatencyFigures.shift(for: $0), length: 5, most: 2)
        }
        if let margin = maxQualityLossIncrease {
            quality = qualities.prefix(Self.mostNamed).map { Named(name: $0, test: RateTest(margin: margin)) }
        }
    }

    /// The logarithm of the odds at which one of `count` tests of a family fails.
    func needed(among count: Int = 1) -> Double {
        log(Self.families * Double(max(1, count)) / alpha)
    }

    var hasFailed: Bool {
        let single = [
            errors?.evidence.logarithm, nonFinite?.evidence.logarithm, p50?.logarithm, p99?.logarithm,
        ]
        return single.contains { ($0 ?? 0) >= needed() }
            || outputs.contains { $0.test.evidence.logarithm >= needed(among: outputs.count) }
            || quality.contains { $0.test.evidence.logarithm >= needed(among: Self.mostNamed) }
    }

    /// From here on the canary has another share of the traffic.
    mutating func beginStep() {
        p50?.beginStep()
        p99?.beginStep()
    }

    mutating func observe(_ tick: ArmTick) {
        let (stable, canary) = (tick.stable, tick.canary)
        errors?.observe(
            reference: Tally(stable.errors, of: stable.requests), candidate: Tally(canary.errors, of: canary.requests))
        // Answers, not requests: what failed has no outputs.
        nonFinite?.observe(
            reference: Tally(stable.nonFinite, of: stable.answers),
            candidate: Tally(canary.nonFinite, of: canary.answers))
        p50?.observe(reference: stable.latency, candidate: canary.latency)
        p99?.observe(reference: stable.latency, candidate: canary.latency)
        observeOutputs(stable, canary)
    }

    private mutating func observeOutputs(_ stable: ArmCounts, _ canary: ArmCounts) {
        guard let maxOutputDistance else { return }
        if outputs.isEmpty {
            outputs = canary.outputs.prefix(Self.mostNamed).map {
                Named(
                    name: $0.name,
                    test: DistributionTest(margin: maxOutputDistance, isOrdered: $0.bins.count != TextBins.count))
            }
        }
        for index in outputs.indices {
            let name = outputs[index].name
            let seen = stable.outputs.first { $0.name == name }?.bins ?? []
            let tried = canary.outputs.first { $0.name == name }?.bins ?? []
            // Several rows of one request are not as many independent values.
            let rows = tried.reduce(0) { $0 &+ $1 }
            let weight = rows > canary.answers ? Double(canary.answers) / Double(rows) : 1
            outputs[index].test.observe(reference: seen, candidate: tried, weight: weight)
        }
    }

    mutating func observe(_ tick: QualityTick) {
        guard let maxQualityLossIncrease else { return }
        if !quality.contains(where: { $0.name == tick.name }), quality.count < Self.mostNamed {
            quality.append(Named(name: tick.name, test: RateTest(margin: maxQualityLossIncrease)))
        }
        guard let index = quality.firstIndex(where: { $0.name == tick.name }) else { return }
        quality[index].test.observe(
            reference: Tally(trials: Double(tick.stable.count), hits: tick.stable.loss),
            candidate: Tally(trials: Double(tick.canary.count), hits: tick.canary.loss))
    }
}

extension ArmCounts {
    var answers: UInt64 { requests > errors ? requests - errors : 0 }
}
