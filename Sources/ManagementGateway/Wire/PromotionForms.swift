import Deployments
import Governance
import Identity
import Journal
import ManagementAPI

/// From what Governance knows of promotions to what travels.
extension PromotionInfo {
    init(_ view: PromotionView) {
        let promotion = view.promotion
        let run = promotion.lastRun
        self.init(
            number: promotion.number, model: promotion.model, version: promotion.version, digest: promotion.digest,
            from: promotion.source, to: promotion.target, state: PromotionState(promotion.state), message: view.message,
            reason: promotion.reason, requestedBy: promotion.requestedBy,
            requestedAt: promotion.requestedAt.description, pushedBy: promotion.pushedBy,
            updatedAt: promotion.updatedAt.description, run: promotion.life.runs,
            policyRevision: run?.basis.policyRevision, champion: view.champion, stale: view.staleness,
            gates: promotion.reports.map { GateInfo($0, progress: view.progress[$0.gate]) },
            approvals: ApprovalInfo(view), changes: view.changes.map(ChangeInfo.init),
            steps: promotion.steps.map(StepInfo.init))
    }
}

extension PromotionState {
    fileprivate init(_ state: PromotionLife.State) {
        switch state {
        case .checking: self = .checking
        case .awaitingApproval: self = .awaitingApproval
        case .applied: self = .applied
        case .failed: self = .failed
        case .rejected: self = .rejected
        case .withdrawn: self = .withdrawn
        case .superseded: self = .superseded
        }
    }
}

extension GateInfo {
    fileprivate init(_ report: GateReport, progress: String?) {
        let outcome: Outcome =
            switch report.outcome {
            case .pending: .pending
            case .passed: .passed
            case .failed: .failed
            case .error: .error
            }
        self.init(
            name: report.gate, kind: report.kind.rawValue, outcome: outcome, summary: report.summary,
            figures: report.figures.map(FigureInfo.init), notes: report.notes, link: report.link,
            progress: outcome == .pending ? progress : nil, startedAt: report.startedAt?.description,
            endedAt: report.endedAt?.description)
    }
}

extension FigureInfo {
    fileprivate init(_ figure: GateFigure) {
        self.init(
            name: figure.name, segment: figure.segment, candidate: figure.candidate, champion: figure.champion,
            interval: figure.interval.map { [$0.lowerBound, $0.upperBound] }, limit: figure.limit,
            passed: figure.passed, note: figure.note)
    }
}

extension ApprovalInfo {
    fileprivate init(_ view: PromotionView) {
        let demand = view.promotion.lastRun?.approvals ?? .none
        let life = view.promotion.life
        self.init(
            count: demand.count, roles: demand.roles.map(\.rawValue), fourEyes: demand.fourEyes,
            given: life.approvals.map { Given(by: $0.by, at: $0.at.description, comment: $0.comment) },
            missing: life.state.isOpen ? life.missingApprovals : 0, possible: view.approvers)
    }
}

extension ChangeInfo {
    fileprivate init(_ fact: ComparedFact) {
        self.init(name: fact.name, champion: fact.champion, candidate: fact.candidate, difference: fact.difference)
    }
}

extension StepInfo {
    fileprivate init(_ step: PromotionStep) {
        self.init(
            number: step.number, at: step.at.description, by: step.by, kind: step.event.word, text: step.text)
    }
}

extension WhyReport {
    init(_ explanation: Explanation) {
        let deployment = explanation.deployment
        self.init(
            endpoint: deployment.endpoint, space: deployment.space, model: deployment.model,
            version: deployment.version, live: explanation.live,
            promotion: explanation.promotion.map(PromotionInfo.init), next: explanation.next)
    }
}
