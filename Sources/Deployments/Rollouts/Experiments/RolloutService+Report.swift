package import Journal
package import Serving

/// What a rollout has found out about its candidates by comparing them.
package struct RolloutReport: Sendable, Hashable {
    package enum Findings: Sendable, Hashable {
        case experiment(ExperimentReport)
        /// `nil` before anything was compared.
        case shadow(ShadowReport)
    }

    package var rollout: Rollout
    package var findings: Findings
}

extension RolloutService {
    /// - Parameter number: of the rollout; the open one, else the last, where it is `nil`.
    package func report(
        _ endpoint: String, space: String, number: Int? = nil
    ) async throws(ControlError) -> RolloutReport {
        let rollout = try await show(endpoint, space: space, number: number).rollout
        switch rollout.spec.strategy {
        case .ab:
            let known = try await store.read {
                (samples: try $0.samples(ofRollout: rollout.id), units: try $0.units(ofRollout: rollout.id))
            }
            let judge = ExperimentJudge(
                metrics: rollout.spec.metrics ?? [], arms: rollout.experimentArms(known.units), samples: known.samples,
                isSticky: rollout.spec.sticky != nil)
            return RolloutReport(rollout: rollout, findings: .experiment(judge.report))
        case .shadow:
            let reading =
                rollout.progress.shadow.reading
                ?? ShadowReading(rollout: rollout.number, variant: rollout.spec.shadow?.variant ?? "")
            return RolloutReport(rollout: rollout, findings: .shadow(ShadowReport(reading)))
        case .canary, .blueGreen:
            throw ControlError(
                .refused, "\(rollout.title) has no report: it is judged while it runs", field: "rollout",
                hint: "`slipway rollout status \(endpoint)` shows its analysis")
        }
    }
}

extension Rollout {
    /// The variants with what they got, stable first, also after the rollout has ended.
    func experimentArms(_ units: [String: Int]) -> [ExperimentReport.Arm] {
        let weights = spec.weights(step: life.step)
        func arm(_ variant: String, _ version: Int, _ weight: Int) -> ExperimentReport.Arm {
            let tally = progress.tallies[variant] ?? RolloutProgress.Tally()
            return ExperimentReport.Arm(
                variant: variant, version: version, weight: weight, requests: tally.requests, errors: tally.errors,
                units: units[variant] ?? 0)
        }
        return [arm(RolloutProgress.stable, origin.version, TrafficPlan.whole - weights.reduce(0, +))]
            + zip(spec.candidates, weights).map { arm($0.variant, $0.version, $1) }
    }
}

/// What a shadow candidate did, over restarts of the server: the counts of a server that was started anew begin at 0.
package struct ShadowProgress: Sendable, Hashable, Codable {
    private var before: ShadowReading?
    private var now: ShadowReading?

    package init() {}

    package var reading: ShadowReading? { now.map { now in before.map { now.added(to: $0) } ?? now } }

    mutating func observe(_ reading: ShadowReading) {
        if let now, reading.mirrored < now.mirrored { before = self.reading }
        now = reading
    }
}
