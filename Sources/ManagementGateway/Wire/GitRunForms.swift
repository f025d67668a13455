import GitRuns
import Journal
import ManagementAPI

extension RepositoryInfo {
    init(_ repository: GitRepository) {
        let pause = repository.pause
        self.init(
            name: repository.name, space: repository.space, url: repository.url, branch: repository.branch,
            into: repository.into, paused: pause != nil, pausedBy: pause?.by, pausedAt: pause?.at.description,
            pausedReason: pause.flatMap { $0.reason.isEmpty ? nil : $0.reason },
            addedAt: repository.addedAt.description, addedBy: repository.addedBy)
    }
}

extension GitRunInfo {
    /// - Parameter note: why it has not begun.
    init(_ run: GitRun, note: String?) {
        let life = run.life
        self.init(
            run: run.number, space: run.space, repository: run.repository.name, url: run.repository.url, ref: run.ref,
            commit: run.commit, author: life.commit?.author, subject: life.commit?.subject,
            causeKind: run.cause.kind.rawValue, cause: run.cause.sentence, repeats: run.cause.repeats,
            state: GitRunState(life.state), message: note ?? life.message, requestedBy: run.requestedBy,
            requestedAt: run.requestedAt.description, startedAt: life.startedAt?.description,
            endedAt: life.endedAt?.description, model: life.pushed?.model, version: life.pushed?.number,
            isNewVersion: life.pushed?.isNew, steps: life.steps.map(GitRunStepInfo.init))
    }
}

extension GitRunStepInfo {
    init(_ step: RunStep) {
        self.init(
            name: step.name, state: GitRunStepState(step.state), message: step.message,
            startedAt: step.startedAt?.description, endedAt: step.endedAt?.description, evidence: step.evidence,
            hasLog: step.kind.hasLog && step.startedAt != nil)
    }
}

extension GitRunState {
    init(_ state: GitRunLife.State) {
        switch state {
        case .queued: self = .queued
        case .running: self = .running
        case .waiting: self = .waiting
        case .succeeded: self = .succeeded
        case .blocked: self = .blocked
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .superseded: self = .superseded
        }
    }
}

extension GitRunStepState {
    init(_ state: RunStep.State) {
        switch state {
        case .pending: self = .pending
        case .running: self = .running
        case .waiting: self = .waiting
        case .succeeded: self = .succeeded
        case .blocked: self = .blocked
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        case .skipped: self = .skipped
        }
    }
}
