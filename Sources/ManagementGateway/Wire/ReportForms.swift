import Deployments
import ManagementAPI
import Serving
import Statistics

/// From what Deployments finds out by comparing to what travels.
extension RolloutReportInfo {
    init(_ report: RolloutReport) {
        let rollout = report.rollout
        func info(_ verdict: String, _ sentence: String) -> RolloutReportInfo {
            RolloutReportInfo(
                endpoint: rollout.endpoint, space: rollout.space, rollout: rollout.number,
                strategy: rollout.spec.strategy.words, state: RolloutState(rollout.state), model: rollout.model,
                verdict: verdict, sentence: sentence)
        }
        switch report.findings {
        case .experiment(let found):
            self = info(found.verdict.rawValue, found.sentence)
            experiment = ExperimentInfo(found)
        case .shadow(let found):
            self = info(found.verdict.rawValue, found.sentence)
            shadow = ShadowInfo(found)
        }
    }
}

extension ExperimentInfo {
    init(_ report: ExperimentReport) {
        self.init(
            arms: report.arms.map {
                Arm(
                    variant: $0.variant, version: $0.version, weight: Double($0.weight) / 100,
                    requests: Int(clamping: $0.requests), errors: Int(clamping: $0.errors), units: $0.units)
            }, ratioUnit: report.ratio?.unit, ratioPValue: report.ratio?.pValue,
            metrics: report.lines.map(Metric.init))
    }
}

extension ExperimentInfo.Metric {
    init(_ line: ExperimentReport.Line) {
        self.init(
            name: line.metric.name, role: line.metric.role.rawValue, better: line.metric.better.rawValue,
            margin: line.metric.margin, variant: line.variant, stableCount: line.stableCount,
            stableMean: line.stableMean, count: line.count, mean: line.mean, verdict: line.verdict.rawValue,
            sentence: line.sentence)
        guard let effect = line.effect else { return }
        difference = effect.difference
        low = effect.interval.lowerBound
        high = effect.interval.upperBound
        lift = effect.lift
        liftLow = effect.liftInterval?.lowerBound
        liftHigh = effect.liftInterval?.upperBound
        standardized = effect.standardized
        pValue = effect.pValue
    }
}

extension ShadowInfo {
    init(_ report: ShadowReport) {
        self.init(
            maxDisagreement: report.criteria.maxDisagreement, disagreements: Share(report.disagreements),
            errors: Int(clamping: report.errors), lastError: report.lastError, mirrored: Int(clamping: report.mirrored),
            dropped: Int(clamping: report.dropped), rows: Share(report.rows), outputs: report.outputs.map(Part.init),
            segments: report.segments.map(Part.init),
            worst: report.worst.map {
                WorstRow(
                    prediction: $0.prediction, row: $0.row, segment: $0.segment, output: $0.output,
                    badness: $0.badness, primary: $0.primary, candidate: $0.candidate)
            }, p50: Latency(primary: report.p50.primary, candidate: report.p50.candidate),
            p99: Latency(primary: report.p99.primary, candidate: report.p99.candidate))
    }
}

extension ShadowInfo.Share {
    init(_ share: ShadowReport.Share) {
        self.init(
            count: Int(clamping: share.count), of: Int(clamping: share.of), share: share.share, low: share.low,
            high: share.high)
    }
}

extension ShadowInfo.Part {
    init(_ part: ShadowReport.Part) {
        self.init(
            name: part.name, rows: ShadowInfo.Share(part.rows), largestDifference: part.largestDifference,
            meanDifference: part.meanDifference)
    }
}
