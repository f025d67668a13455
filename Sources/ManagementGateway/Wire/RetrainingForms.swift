import Journal
import ManagementAPI
import Retraining

extension RetrainingRunInfo {
    init(_ run: RetrainingRun) {
        var (command, webhook): ([String]?, String?)
        switch run.rule.action {
        case .command(let words, _): command = words
        case .webhook(let url): webhook = url
        }
        self.init(
            run: run.number, space: run.space, endpoint: run.endpoint, model: run.model, modelSpace: run.modelSpace,
            rule: run.rule.name, causeKind: run.cause.kind.rawValue, cause: run.cause.sentence, alert: run.cause.alert,
            state: RetrainingState(run.state), message: run.message, command: command, webhook: webhook,
            requestedBy: run.requestedBy, requestedAt: run.requestedAt.description,
            startedAt: run.startedAt?.description, endedAt: run.endedAt?.description, exitCode: run.exitCode,
            version: run.version, followUp: run.rule.then == nil ? nil : RetrainingFollowUpInfo(run.followUp))
    }
}

extension RetrainingState {
    init(_ state: RetrainingRun.State) {
        switch state {
        case .queued: self = .queued
        case .running: self = .running
        case .succeeded: self = .succeeded
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .timedOut: self = .timedOut
        case .interrupted: self = .interrupted
        }
    }
}

extension RetrainingFollowUpInfo {
    init(_ followUp: RetrainingRun.FollowUp) {
        self.init(
            state: followUp.state.rawValue, message: followUp.message, promotion: followUp.promotion,
            rollout: followUp.rollout)
    }
}

extension RetrainingRuleInfo {
    init(_ view: RuleView) {
        self.init(
            name: view.rule.name, enabled: view.rule.enabled, when: view.rule.trigger.sentence,
            next: view.next?.description, note: view.note.isEmpty ? nil : view.note,
            lastRun: view.lastRun.map(RetrainingRunInfo.init))
    }
}
