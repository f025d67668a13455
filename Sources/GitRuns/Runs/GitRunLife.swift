package import Journal

/// The state of a run as a pure machine: it takes what happened and says what must follow. It knows no process, no clock and
/// no database; whoever keeps it can go on after a crash where it was.
///
///     queued -> running: clone, validate, build, test, data, push, promote..., deploy -> succeeded
///     running <-> waiting     for people, gates or a rollout
///     running -> queued       the server ended before anything was pushed: the same commit, from its clone on
///     any open state -> blocked | failed | cancelled | superseded
package struct GitRunLife: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case queued, running, waiting, succeeded, blocked, failed, cancelled
        /// A newer run of the same branch has taken its place.
        case superseded

        package var isOpen: Bool { self == .queued || self == .running || self == .waiting }
    }

    /// A run that the server does not survive is begun again so often.
    package static let mostInterruptions = 2

    package private(set) var state = State.queued
    package private(set) var steps = [RunStep(.clone)]
    /// Why it ended so, or what it waits for; one sentence.
    package private(set) var message = ""
    /// How often the server ended while it ran without having been told to.
    package internal(set) var interruptions = 0
    package private(set) var startedAt: Timestamp?
    package private(set) var endedAt: Timestamp?
    /// `nil` before the clone.
    package private(set) var commit: GitCommit?
    package private(set) var pipeline: GitPipeline?
    /// `nil` before the push.
    package private(set) var pushed: PushedVersion?

    package init() {}

    /// The step that is under way, or next; `nil` at the end.
    package var current: RunStep? { index.map { steps[$0] } }

    private var index: Int? {
        steps.firstIndex { $0.state == .running || $0.state == .waiting || $0.state == .pending }
    }

    package mutating func handle(_ event: GitRunEvent, at: Timestamp) -> GitRunAction {
        guard state.isOpen, let index else { return .refuse("it is over: \(state.rawValue)") }
        switch event {
        case .began: return state == .queued ? begin(index, at) : .refuse("it is \(state.rawValue) already")
        case .cancelled(let why): return end(.cancelled, .cancelled, why, [:], index, at)
        case .superseded(let run): return end(.superseded, .cancelled, "run \(run) has taken its place", [:], index, at)
        case .failed(let why, let evidence): return end(.failed, .failed, why, evidence, index, at)
        case .serverEnded(let orderly): return interrupt(index, orderly, at)
        case .cloned, .pushed, .succeeded, .waits, .blocked: break
        }
        guard state != .queued else { return .refuse("it has not begun") }
        switch event {
        case .cloned(let commit, let pipeline):
            guard steps[index].kind == .clone else { return .refuse("it has its commit") }
            self.commit = commit
            self.pipeline = pipeline
            steps = [steps[index]] + pipeline.steps
            return finish("\(commit.words) by \(commit.author)", ["commit": commit.id], 0, at)
        case .pushed(let version, let message, let evidence):
            guard steps[index].kind == .push else { return .refuse("it is not pushing") }
            pushed = version
            return finish(message, evidence, index, at)
        case .succeeded(let message, let evidence): return finish(message, evidence, index, at)
        case .waits(let message, let evidence):
            state = .waiting
            self.message = message
            steps[index].state = .waiting
            steps[index].message = message
            steps[index].evidence.merge(evidence) { _, new in new }
            return .wait
        case .blocked(let why, let evidence): return end(.blocked, .blocked, why, evidence, index, at)
        case .began, .cancelled, .superseded, .failed, .serverEnded: return .wait
        }
    }

    private mutating func begin(_ index: Int, _ at: Timestamp) -> GitRunAction {
        state = .running
        message = ""
        startedAt = startedAt ?? at
        steps[index].state = .running
        steps[index].startedAt = at
        return .carryOut(steps[index])
    }

    private mutating func finish(
        _ message: String, _ evidence: [String: String], _ index: Int, _ at: Timestamp
    ) -> GitRunAction {
        close(index, .succeeded, message, evidence, at)
        if let next = self.index { return begin(next, at) }
        state = .succeeded
        self.message = message
        endedAt = at
        return .end
    }

    private mutating func end(
        _ state: State, _ ending: RunStep.State, _ why: String, _ evidence: [String: String], _ index: Int,
        _ at: Timestamp
    ) -> GitRunAction {
        close(index, steps[index].state == .pending ? .skipped : ending, why, evidence, at)
        for later in steps.indices where later > index { steps[later].state = .skipped }
        self.state = state
        message = why
        endedAt = at
        return .end
    }

    private mutating func close(
        _ index: Int, _ ending: RunStep.State, _ message: String, _ evidence: [String: String], _ at: Timestamp
    ) {
        steps[index].state = ending
        steps[index].message = message
        steps[index].evidence.merge(evidence) { _, new in new }
        if ending != .skipped { steps[index].endedAt = at }
    }

    /// What was not delivered is made again from a new clone of the same commit: nobody knows what a command had done.
    private mutating func interrupt(_ index: Int, _ orderly: Bool, _ at: Timestamp) -> GitRunAction {
        guard state == .running else { return .wait }
        let step = steps[index]
        // What was asked for is found again, however often: a promotion or a rollout is never left alone.
        if step.kind.isDelivery {
            state = .waiting
            message = "the server ended in its step \(step.name), which is taken up again"
            steps[index].state = .waiting
            return .wait
        }
        if !orderly { interruptions += 1 }
        guard interruptions <= Self.mostInterruptions else {
            return end(
                .failed, .failed,
                "the server ended \(interruptions) times while it ran, the last time in its step "
                    + step.name, [:], index, at)
        }
        state = .queued
        message = "the server ended in its step \(step.name): it begins again"
        steps = [RunStep(.clone)]
        return .wait
    }
}
