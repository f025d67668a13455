import Foundation
package import Statistics

/// What an experiment has come to, at any time: valid however often it is looked at, and whenever it is stopped.
package struct ExperimentReport: Sendable, Hashable, Codable {
    package enum Verdict: String, Sendable, Hashable, Codable {
        /// The arms did not get what their weights say: no figure is to be believed.
        case invalid
        /// A guardrail is broken.
        case harmful
        /// A candidate is better than stable in a goal, and worse in none.
        case better
        case worse
        case undecided
    }

    package struct Arm: Sendable, Hashable, Codable {
        package var variant: String
        package var version: Int
        /// Of ten thousand.
        package var weight: Int
        package var requests: UInt64
        package var errors: UInt64
        /// Callers, or predictions, of which something is known.
        package var units: Int

        package init(variant: String, version: Int, weight: Int, requests: UInt64, errors: UInt64, units: Int) {
            self.variant = variant
            self.version = version
            self.weight = weight
            self.requests = requests
            self.errors = errors
            self.units = units
        }
    }

    /// One metric of one candidate beside stable.
    package struct Line: Sendable, Hashable, Codable {
        package var metric: ExperimentMetric
        package var variant: String
        package var stableCount: Int
        package var stableMean: Double?
        package var count: Int
        package var mean: Double?
        /// `nil` while there are too few outcomes to say anything.
        package var effect: Effect?
        package var verdict: Verdict
        package var sentence: String
    }

    /// Whether the arms got what their weights say.
    package struct Ratio: Sendable, Hashable, Codable {
        /// `requests`, or `keys` where callers stay with their variant.
        package var unit: String
        package var counts: [Int]
        package var expected: [Double]
        package var pValue: Double
        package var isMismatch: Bool
    }

    package var verdict: Verdict
    package var sentence: String
    package var arms: [Arm]
    package var ratio: Ratio?
    package var lines: [Line]
}

/// Makes a report. The first arm is stable, with which the others are compared.
package struct ExperimentJudge: Sendable {
    /// The chance that any goal of any candidate is ever called better or worse when it is neither; the same for guardrails.
    package static let alpha = 0.05
    /// Below which the arms did not get what their weights say.
    package static let mismatch = 0.001

    package var metrics: [ExperimentMetric]
    package var arms: [ExperimentReport.Arm]
    /// By metric, then by variant.
    package var samples: [String: [String: Sample]]
    package var isSticky: Bool

    package init(
        metrics: [ExperimentMetric], arms: [ExperimentReport.Arm], samples: [String: [String: Sample]], isSticky: Bool
    ) {
        self.metrics = metrics
        self.arms = arms
        self.samples = samples
        self.isSticky = isSticky
    }

    package var report: ExperimentReport {
        let lines = metrics.flatMap { metric in arms.dropFirst().map { line(metric, $0.variant) } }
        let ratio = ratio
        let (verdict, sentence) = conclusion(lines, ratio)
        return ExperimentReport(verdict: verdict, sentence: sentence, arms: arms, ratio: ratio, lines: lines)
    }

    /// Requests of one key stay together, so that not they but keys are what chance deals out.
    private var ratio: ExperimentReport.Ratio? {
        let counts = arms.map { isSticky ? $0.units : Int(clamping: $0.requests) }
        guard let ratio = SampleRatio(counts: counts, weights: arms.map { Double($0.weight) }),
            ratio.counts.reduce(0, +) > 0
        else { return nil }
        return ExperimentReport.Ratio(
            unit: isSticky ? "keys" : "requests", counts: ratio.counts, expected: ratio.expected, pValue: ratio.pValue,
            isMismatch: ratio.pValue < Self.mismatch)
    }

    private func line(_ metric: ExperimentMetric, _ variant: String) -> ExperimentReport.Line {
        let none = Sample(count: 0, sum: 0, squares: 0)
        let known = samples[metric.name] ?? [:]
        let (own, other) = (known[variant] ?? none, known[arms.first?.variant ?? ""] ?? none)
        let comparisons = metrics.count { $0.role == metric.role } * max(1, arms.count - 1)
        let sequence = ConfidenceSequence(alpha: Self.alpha / Double(max(1, comparisons)))
        let effect = Effect(of: own, over: other, sequence)
        let (verdict, words) = judge(metric, effect, min(own.count, other.count))
        return ExperimentReport.Line(
            metric: metric, variant: variant, stableCount: other.count, stableMean: other.mean, count: own.count,
            mean: own.mean, effect: effect, verdict: verdict, sentence: "\(metric.name) of \(variant): \(words)")
    }

    private func judge(
        _ metric: ExperimentMetric, _ effect: Effect?, _ count: Int
    ) -> (ExperimentReport.Verdict, String) {
        guard let effect else {
            return (
                .undecided,
                count < Effect.fewest
                    ? "too few outcomes: \(count) where \(Effect.fewest) are needed" : "all outcomes are the same"
            )
        }
        let words =
            "\(FigureWords.signed(effect.difference)) (from \(FigureWords.signed(effect.interval.lowerBound)) to "
            + "\(FigureWords.signed(effect.interval.upperBound)))"
        // Turned so that more is better.
        let (low, high) =
            metric.better == .higher
            ? (effect.interval.lowerBound, effect.interval.upperBound)
            : (-effect.interval.upperBound, -effect.interval.lowerBound)
        if metric.role == .guardrail {
            let margin = "more than \(FigureWords.number(metric.margin)) worse"
            if high < -metric.margin { return (.harmful, "\(words): \(margin) than stable") }
            if low >= -metric.margin { return (.better, "\(words): not \(margin)") }
            return (.undecided, "\(words): whether it is \(margin) cannot be said yet")
        }
        if low > 0 { return (.better, "\(words): better than stable") }
        if high < 0 { return (.worse, "\(words): worse than stable") }
        return (.undecided, "\(words): no difference is shown yet")
    }

    private func conclusion(
        _ lines: [ExperimentReport.Line], _ ratio: ExperimentReport.Ratio?
    ) -> (ExperimentReport.Verdict, String) {
        if let ratio, ratio.isMismatch {
            let counts = ratio.counts.map { FigureWords.grouped(Double($0)) }.joined(separator: " and ")
            let shares = ratio.expected.map(FigureWords.share).joined(separator: " and ")
            return (
                .invalid,
                "the variants got \(counts) \(ratio.unit) where their weights are \(shares) (p = "
                    + "\(FigureWords.number(ratio.pValue))): something keeps some away from one of them; believe no figure "
                    + "before it is found"
            )
        }
        func sentences(_ verdict: ExperimentReport.Verdict, _ role: ExperimentMetric.Role) -> String? {
            let found = lines.filter { $0.verdict == verdict && $0.metric.role == role }.map(\.sentence)
            return found.isEmpty ? nil : found.joined(separator: "; ")
        }
        if let harm = sentences(.harmful, .guardrail) { return (.harmful, harm) }
        if let worse = sentences(.worse, .goal) { return (.worse, worse) }
        if let better = sentences(.better, .goal) {
            guard let open = sentences(.undecided, .guardrail) else { return (.better, better) }
            return (.undecided, "\(better); but \(open)")
        }
        return (.undecided, sentences(.undecided, .goal) ?? "no goal has outcomes yet")
    }
}
