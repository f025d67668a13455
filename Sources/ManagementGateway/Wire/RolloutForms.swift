import Deployments
import Governance
import Identity
import Journal
import ManagementAPI
import Serving

/// From what Deployments knows of rollouts to what travels.
extension RolloutInfo {
    init(_ view: RolloutView) {
        let rollout = view.rollout
        let isJudged = rollout.spec.strategy != .shadow && rollout.state != .awaitingApproval
        self.init(
            endpoint: rollout.endpoint, space: rollout.space, rollout: rollout.number,
            strategy: rollout.spec.strategy.words, state: RolloutState(rollout.state),
            message: rollout.life.message, model: rollout.model, fromVersion: rollout.origin.version,
            fromRevision: rollout.origin.revision, variants: RolloutVariantInfo.all(of: rollout),
            step: RolloutStepInfo(rollout), sticky: rollout.spec.sticky.map(\.words),
            servedSeconds: Double(rollout.life.served) / 1000, verdict: isJudged ? view.verdict.rawValue : nil,
            evidence: view.sentence, metrics: RolloutMetricInfo.all(of: rollout),
            checks: rollout.spec.checks.map { RolloutCheckInfo($0.name, rollout.progress.checks[$0.name]) },
            approvals: ApprovalInfo(view), reason: rollout.reason, requestedBy: rollout.requestedBy,
            requestedAt: rollout.requestedAt.description, updatedAt: rollout.updatedAt.description,
            steps: rollout.steps.map { StepInfo($0, of: rollout) })
    }
}

extension RolloutState {
    init(_ state: RolloutLife.State) {
        switch state {
        case .preparing: self = .preparing
        case .awaitingApproval: self = .awaitingApproval
        case .running: self = .running
        case .paused: self = .paused
        case .watching: self = .watching
        case .promoted: self = .promoted
        case .aborted: self = .aborted
        case .rolledBack: self = .rolledBack
        case .expired: self = .expired
        }
    }
}

extension RolloutSummary {
    init(_ rollout: Rollout) {
        self.init(
            rollout: rollout.number, strategy: rollout.spec.strategy.words, state: RolloutState(rollout.state),
            message: rollout.life.message, variants: RolloutVariantInfo.all(of: rollout))
    }
}

extension RolloutVariantInfo {
    /// The stable one first. A switch at once is behind them: the new version is what `stable` counts then.
    static func all(of rollout: Rollout) -> [RolloutVariantInfo] {
        func info(_ variant: String, _ version: Int, _ weight: Int, counted name: String) -> RolloutVariantInfo {
            let tally = rollout.progress.tallies[name] ?? RolloutProgress.Tally()
            return RolloutVariantInfo(
                variant: variant, version: version, weight: Double(weight) / 100,
                requests: Int(clamping: tally.requests), errors: Int(clamping: tally.errors))
        }
        let stable = RolloutProgress.stable
        let hasBegun = rollout.steps.contains { $0.event == .began }
        if rollout.spec.strategy == .blueGreen, hasBegun {
            return rollout.spec.candidates.map {
                info(
                    stable, $0.version, rollout.state == .watching || rollout.state == .promoted ? 10_000 : 0,
                    counted: stable)
            }
        }
        let weights = rollout.weights
        guard !weights.isEmpty else {
            let won = rollout.promotedVariant
            let all = [(stable, rollout.origin.version)] + rollout.spec.candidates.map { ($0.variant, $0.version) }
            return all.map { info($0, $1, $0 == won ? 10_000 : 0, counted: $0) }
        }
        return weights.map { info($0.variant, $0.version, $0.weight, counted: $0.variant) }
    }
}

extension Rollout {
    /// Who has all the traffic after its end.
    fileprivate var promotedVariant: String {
        for step in steps { if case .promoted(let variant, _, _) = step.event { return variant } }
        return RolloutProgress.stable
    }
}

extension RolloutStepInfo {
    fileprivate init?(_ rollout: Rollout) {
        let steps = rollout.spec.steps
        let life = rollout.life
        guard steps.indices.contains(life.step) else { return nil }
        let weights = steps.map { Double($0.weight) / 100 } + (rollout.spec.promotesItself ? [100] : [])
        self.init(
            step: life.step + 1, of: weights.count, weights: weights,
            holdSeconds: Double(steps[life.step].holdSeconds), heldSeconds: Double(life.held) / 1000,
            promotesItself: rollout.spec.promotesItself)
    }
}

extension RolloutMetricInfo {
    fileprivate static func all(of rollout: Rollout) -> [RolloutMetricInfo] {
        rollout.spec.candidates.flatMap { candidate in
            (rollout.progress.analyses[candidate.variant]?.report.metrics ?? []).map { metric in
                RolloutMetricInfo(
                    variant: candidate.variant, name: metric.name, stable: metric.stable, canary: metric.canary,
                    unit: metric.unit, limit: metric.limit, odds: metric.odds, needed: metric.needed,
                    stableSamples: Int(clamping: metric.stableSamples),
                    canarySamples: Int(clamping: metric.canarySamples), verdict: metric.verdict.rawValue,
                    sentence: metric.sentence)
            }
        }
    }
}

extension RolloutCheckInfo {
    fileprivate init(_ name: String, _ answer: RolloutCheckAnswer?) {
        self.init(
            name: name, outcome: answer?.result.outcome.rawValue, detail: answer?.result.detail ?? "",
            at: answer?.at.description)
    }
}

extension ApprovalInfo {
    fileprivate init?(_ view: RolloutView) {
        let life = view.rollout.life
        let demand = life.course.approvals
        guard demand.count > 0 else { return nil }
        self.init(
            count: demand.count, roles: demand.roles.map(\.rawValue), fourEyes: demand.fourEyes,
            given: life.approvals.map { Given(by: $0.by, at: $0.at.description, comment: $0.comment) },
            missing: life.state.isOpen ? life.missingApprovals : 0, possible: view.approvers)
    }
}

extension StepInfo {
    fileprivate init(_ step: RolloutStepRecord, of rollout: Rollout) {
        self.init(
            number: step.number, at: step.at.description, by: step.by, kind: step.event.word,
            text: step.event.text(of: rollout))
    }
}

extension RolloutEvent {
    /// In a sentence, what happened.
    fileprivate func text(of rollout: Rollout) -> String {
        func with(_ reason: String, _ words: String) -> String { reason.isEmpty ? words : "\(words): \(reason)" }
        switch self {
        case .requested(let reason): return with(reason, "asked for")
        case .approved(_, let comment): return with(comment, "approved")
        case .rejected(let reason): return with(reason, "rejected")
        case .began:
            if rollout.spec.strategy == .blueGreen { return "all traffic is with \(rollout.targets)" }
            return "began" + share(rollout, 0)
        case .advanced(let next, let evidence): return with(evidence, "went on" + share(rollout, next))
        case .paused(let reason): return with(reason, "paused")
        case .resumed: return "resumed"
        case .promoted(let variant, let revision, let evidence):
            let version = rollout.spec.candidates.first { $0.variant == variant }?.version ?? 0
            return with(evidence, "\(rollout.model):\(version) is live as revision \(revision)")
        case .settled: return "the watch ended without a breach"
        case .superseded(let reason): return with(reason, "the watch ended")
        case .aborted(let reason): return with(reason, "aborted")
        case .rolledBack(let revision, let evidence):
            return with(evidence, "rolled back" + (revision.map { " as revision \($0)" } ?? ""))
        case .expired: return "expired"
        }
    }

    private func share(_ rollout: Rollout, _ step: Int) -> String {
        let shares = zip(rollout.spec.candidates, rollout.spec.weights(step: step)).filter { $1 > 0 }
        return shares.isEmpty
            ? "" : " with " + shares.map { "\(Double($1) / 100)% for \($0.variant)" }.joined(separator: ", ")
    }
}

extension StickyKey {
    var words: String {
        switch self {
        case .header(let name): "header \(name)"
        case .parameter(let name): "parameter \(name)"
        case .input(let name): "input \(name)"
        }
    }
}

extension LiveInfo {
    init(_ record: LiveRecord, endpoint: String, space: String, at: Timestamp) {
        let served = record.revision.flatMap { [.delete, .unload].contains($0.action) ? nil : $0 }
        var variants: [RolloutVariantInfo] = []
        if let rollout = record.rollout {
            variants = zip(rollout.weights, record.weights).map { arm, weight in
                RolloutVariantInfo(
                    variant: arm.variant, version: arm.version, weight: Double(weight) / 100, requests: 0, errors: 0)
            }
        } else if let served {
            variants = [
                RolloutVariantInfo(
                    variant: RolloutProgress.stable, version: served.version, weight: 100, requests: 0, errors: 0)
            ]
        }
        self.init(
            endpoint: endpoint, space: space, at: at.description, revision: served.map(RevisionInfo.init),
            rollout: record.rollout?.number, variants: variants,
            message: Self.message(record, served, variants, endpoint: endpoint, at: at))
    }

    private static func message(
        _ record: LiveRecord, _ served: Revision?, _ variants: [RolloutVariantInfo], endpoint: String, at: Timestamp
    ) -> String {
        guard let served else {
            let why =
                switch record.revision?.action {
                case .delete: ": it had been deleted"
                case .unload: ": it had been unloaded"
                default: ""
                }
            return "nothing was live at '\(endpoint)'\(why)"
        }
        let what = "\(served.model):\(served.version) was live at '\(endpoint)' as revision \(served.number)"
        guard let rollout = record.rollout else { return what }
        let shares = variants.map { "\($0.variant) \(served.model):\($0.version) \($0.weight)%" }
        return "\(what); rollout \(rollout.number) shared its traffic: \(shares.joined(separator: ", "))"
    }
}
