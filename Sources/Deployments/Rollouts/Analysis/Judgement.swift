import Foundation
import Serving
import Statistics

/// What an analysis says at one moment, made out of its tests.
struct Judgement {
    /// Odds against chance at which a step does not pass yet: what comes next will tell.
    private static let doubt = log(10.0)

    let analysis: CanaryAnalysis
    private var step: StepTally { analysis.step }
    private var settings: AnalysisSettings { analysis.settings }

    init(_ analysis: CanaryAnalysis) {
        self.analysis = analysis
    }

    var report: AnalysisReport {
        let metrics = statistical + analysis.checks.map(metric)
        let failed = metrics.filter { $0.verdict == .fail }
        if !failed.isEmpty {
            return AnalysisReport(
                verdict: .fail, sentence: failed.map(\.sentence).joined(separator: "; "), metrics: metrics)
        }
        if let missing = missingTraffic {
            return AnalysisReport(verdict: .inconclusive, sentence: missing, metrics: metrics)
        }
        let open = metrics.filter { $0.verdict == .inconclusive }
        if !open.isEmpty {
            return AnalysisReport(
                verdict: .inconclusive, sentence: open.map(\.sentence).joined(separator: "; "), metrics: metrics)
        }
        let names = metrics.map(\.name).joined(separator: ", ")
        return AnalysisReport(
            verdict: .pass,
            sentence: "\(Self.requests(step.canary.requests)) of the canary in this step, and nothing against it"
                + (names.isEmpty ? "" : " in \(names)")
                + (step.stable.requests == 0 ? "; stable has no traffic any more to compare with" : ""),
            metrics: metrics)
    }

    /// Why too little was seen in this step; `nil` when it was enough.
    private var missingTraffic: String? {
        let wanted = UInt64(max(1, settings.minimumSamples))
        if step.canary.requests < wanted {
            return "too little traffic: the canary has answered \(Self.requests(step.canary.requests)) in this step, "
                + "\(wanted) are needed; it holds and does not go on"
        }
        // With all traffic on the canary there is nothing beside it; what stable did before is what it is held against.
        if step.stable.requests == 0 { return nil }
        if step.stable.requests < wanted {
            return "too little traffic: stable has answered \(Self.requests(step.stable.requests)) in this step, "
                + "\(wanted) are needed to compare with; it holds and does not go on"
        }
        return nil
    }

    // MARK: - Metrics

    private var statistical: [AnalysisReport.Metric] {
        let tests = analysis.metrics
        var found: [AnalysisReport.Metric] = []
        if let test = tests.errors {
            found.append(
                rate(
                    "errors", "failed", test.evidence.logarithm, settings.maxErrorRateIncrease,
                    (step.stable.errors, step.stable.requests), (step.canary.errors, step.canary.requests)))
        }
        if let test = tests.nonFinite {
            found.append(
                rate(
                    "nonFinite", "had a NaN or an infinity", test.evidence.logarithm, settings.maxNonFiniteIncrease,
                    (step.stable.nonFinite, step.stable.answers), (step.canary.nonFinite, step.canary.answers)))
        }
        if let test = tests.p50 { found.append(latency("p50", 0.5, test.logarithm, settings.maxP50Ratio)) }
        if let test = tests.p99 { found.append(latency("p99", 0.99, test.logarithm, settings.maxP99Ratio)) }
        found += tests.outputs.map(output)
        found += tests.quality.map { quality($0.name, $0.test.evidence.logarithm) }
        return found
    }

    private func rate(
        _ name: String, _ what: String, _ evidence: Double, _ limit: Double?, _ stable: (UInt64, UInt64),
        _ canary: (UInt64, UInt64)
    ) -> AnalysisReport.Metric {
        let (own, other) = (Tally(canary.0, of: canary.1).rate, Tally(stable.0, of: stable.1).rate)
        let figures =
            "\(name): \(own.map(FigureWords.share) ?? "none") of the canary's \(Self.requests(canary.1)) \(what), of "
            + "stable's \(other.map(FigureWords.share) ?? "none to compare with")"
        return metric(
            name, figures, "more than \(FigureWords.share(limit ?? 0)) above it", "share", evidence,
            analysis.metrics.needed(), limit, (other, stable.1), (own, canary.1))
    }

    private func latency(_ name: String, _ share: Double, _ evidence: Double, _ limit: Double?) -> AnalysisReport.Metric
    {
        let own = LatencyFigures.quantile(share, of: step.canary.latency)
        let other = LatencyFigures.quantile(share, of: step.stable.latency)
        let figures =
            "\(name): the canary's is \(own.map(FigureWords.milliseconds) ?? "not known"), stable's "
            + (other.map(FigureWords.milliseconds) ?? "not known")
        return metric(
            name, figures, "more than \(FigureWords.number(limit ?? 1)) times as long", "ms", evidence,
            analysis.metrics.needed(), limit, (other, step.stable.answers), (own, step.canary.answers))
    }

    private func output(_ output: MetricTests.Named<DistributionTest>) -> AnalysisReport.Metric {
        let distance = output.test.distance
        let name = "output \(output.name)"
        return metric(
            name, "\(name): the distributions are \(distance.map(FigureWords.number) ?? "not yet known to be") apart",
            "more than \(FigureWords.number(output.test.margin))", "distance", output.test.evidence.logarithm,
            analysis.metrics.needed(among: analysis.metrics.outputs.count), output.test.margin,
            (nil, step.stable.answers), (distance, step.canary.answers))
    }

    private func quality(_ name: String, _ evidence: Double) -> AnalysisReport.Metric {
        let seen = step.quality.first { $0.name == name }
        let (own, other) = (seen?.canary.mean, seen?.stable.mean)
        let limit = settings.maxQualityLossIncrease
        let counts = (own: max(0, seen?.canary.count ?? 0), other: max(0, seen?.stable.count ?? 0))
        var metric = metric(
            "quality \(name)",
            "quality \(name): the canary's mean loss is \(own.map(FigureWords.number) ?? "not known"), stable's "
                + (other.map(FigureWords.number) ?? "not known"),
            "more than \(FigureWords.number(limit ?? 0)) above it", "loss", evidence,
            analysis.metrics.needed(among: MetricTests.mostNamed), limit,
            (other, UInt64(counts.other)), (own, UInt64(counts.own)))
        if metric.verdict == .pass, min(counts.own, counts.other) < settings.minimumOutcomes {
            metric.verdict = .inconclusive
            metric.sentence =
                "quality \(name): too few truths have come back in this step: \(FigureWords.grouped(Double(counts.own))) "
                + "of the canary and \(FigureWords.grouped(Double(counts.other))) of stable, "
                + "\(settings.minimumOutcomes) of each are needed; it holds and does not go on"
        }
        return metric
    }

    private func metric(
        _ name: String, _ figures: String, _ claim: String, _ unit: String, _ evidence: Double, _ needed: Double,
        _ limit: Double?, _ stable: (Double?, UInt64), _ canary: (Double?, UInt64)
    ) -> AnalysisReport.Metric {
        let odds = exp(min(evidence, log(1e12)))
        let verdict: AnalysisVerdict
        let sentence: String
        if evidence >= needed {
            verdict = .fail
            sentence = "\(figures): \(claim), odds \(FigureWords.odds(odds)) against chance"
        } else if evidence >= Self.doubt {
            verdict = .inconclusive
            sentence =
                "\(figures): perhaps \(claim), odds \(FigureWords.odds(odds)) against chance where it fails at "
                + FigureWords.odds(exp(needed))
        } else {
            verdict = .pass
            sentence = "\(figures): no evidence that it is \(claim)"
        }
        return AnalysisReport.Metric(
            name: name, stable: stable.0, canary: canary.0, unit: unit, limit: limit, odds: odds, needed: exp(needed),
            stableSamples: stable.1, canarySamples: canary.1, verdict: verdict, sentence: sentence)
    }

    private func metric(_ check: CheckState) -> AnalysisReport.Metric {
        let verdict: AnalysisVerdict =
            check.failuresInARow >= settings.checkFailures
            ? .fail : check.last.outcome == .passed && check.isOfThisStep ? .pass : .inconclusive
        let state =
            switch check.last.outcome {
            case .passed: check.isOfThisStep ? "passed" : "not asked in this step yet"
            case .failed: "failed \(check.failuresInARow) of \(settings.checkFailures) times in a row"
            case .unavailable: "not to be had"
            }
        return AnalysisReport.Metric(
            name: "check \(check.last.name)", unit: "", stableSamples: 0, canarySamples: 0, verdict: verdict,
            sentence: "check \(check.last.name): \(state): \(check.last.detail)")
    }

    private static func requests(_ count: UInt64) -> String {
        count == 1 ? "1 request" : "\(FigureWords.grouped(Double(count))) requests"
    }
}
