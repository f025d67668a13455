import Governance
import Identity
package import Journal

/// The state of a rollout as a pure machine: it takes what happened and says what must follow. It knows nobody, reads no
/// clock, no counters and no database; whoever keeps it can go on after a crash where it was.
///
///     preparing -> running                   its versions are ready; weights of the first step
///     preparing -> awaitingApproval -> running
///     preparing -> watching -> promoted      blue-green: the switch has happened, the old version waits
///     running -> running (next step) -> promoted
///     running <-> paused                     holds its weights; a failure still ends it
///     any open state -> aborted | rolledBack | expired
package struct RolloutLife: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case preparing, awaitingApproval, running, paused, watching, promoted, aborted, rolledBack, expired

        /// Whether anything can still happen to it.
        package var isOpen: Bool {
            switch self {
            case .preparing, .awaitingApproval, .running, .paused, .watching: true
            case .promoted, .aborted, .rolledBack, .expired: false
            }
        }

        /// Whether the endpoint may not be changed in another way meanwhile. A watched deploy may: that ends the watch.
        package var isExclusive: Bool { isOpen && self != .watching }

        /// Whether requests may go to its candidates.
        package var routes: Bool { self == .running || self == .paused }
    }

    package struct Approval: Sendable, Hashable, Codable {
        package var by: String
        package var at: Timestamp
        package var comment: String
    }

    package let course: RolloutCourse
    package private(set) var state = State.preparing
    /// The step of now, from 0.
    package private(set) var step = 0
    /// Milliseconds that were served in this step; time that the server was down does not count.
    package private(set) var held = 0
    /// Milliseconds that were served since it began.
    package private(set) var served = 0
    package private(set) var approvals: [Approval] = []
    /// What is waited for, or why it ended; one sentence.
    package private(set) var message = ""
    private let requestedBy: String
    private let pushedBy: [String]

    /// - Parameter pushedBy: who pushed the candidates.
    package init(course: RolloutCourse, requestedBy: String, pushedBy: [String]) {
        self.course = course
        self.requestedBy = requestedBy
        self.pushedBy = pushedBy
    }

    /// As it was before anything had happened.
    var rewound: RolloutLife { RolloutLife(course: course, requestedBy: requestedBy, pushedBy: pushedBy) }

    package var missingApprovals: Int { max(0, course.approvals.count - approvals.count) }

    package mutating func handle(_ event: RolloutEvent, by: String, at: Timestamp) -> RolloutAction {
        guard state.isOpen else { return .refuse(reason: "it is \(state.words) already") }
        switch event {
        case .requested: return request()
        case .approved(let roles, let comment): return approve(roles.map(\.rawValue), comment, by, at)
        case .began: return begin()
        case .advanced(let next, _): return advance(to: next)
        case .paused(let reason): return pause(reason)
        case .resumed: return resume()
        case .promoted(_, _, let evidence): return promote(evidence)
        case .settled: return settle()
        case .superseded(let reason):
            guard state == .watching else { return .refuse(reason: "it is \(state.words)") }
            return end(.promoted, reason)
        case .rejected(let reason):
            guard state == .awaitingApproval else { return .refuse(reason: "nobody's approval is waited for") }
            return end(.aborted, "rejected by \(by): \(reason)")
        case .aborted(let reason):
            guard state != .watching else { return .refuse(reason: "the switch has happened: roll back instead") }
            return end(.aborted, reason.isEmpty ? "aborted by \(by)" : "aborted by \(by): \(reason)")
        case .rolledBack(_, let evidence): return end(.rolledBack, evidence)
        case .expired: return end(.expired, "nobody ended it in time: all traffic is with the old version again")
        }
    }

    /// Time has been served, and this is what the analysis made of it. Decides; the decision itself comes as an event.
    package mutating func tick(_ tick: RolloutTick) -> RolloutAction {
        guard state == .watching || state.routes else { return .wait }
        let passed = max(0, tick.milliseconds)
        served = Self.sum(served, passed)
        if tick.verdict == .fail {
            message = tick.sentence
            return .rollBack(evidence: tick.sentence)
        }
        if let expiry = course.expiry, served >= expiry { return .expire }
        if state == .paused { return .wait }
        held = Self.sum(held, passed)
        if state == .watching { return held >= course.watch ? .settle : .wait }
        return weigh(tick)
    }

    /// What a step that has been held for long enough leads to. Too little to judge by holds, and never promotes.
    private mutating func weigh(_ tick: RolloutTick) -> RolloutAction {
        guard course.holds.indices.contains(step) else { return wait(tick.sentence) }
        guard held >= course.holds[step] else { return wait("") }
        guard tick.verdict == .pass else { return wait("holds: \(tick.sentence)") }
        if let reason = tick.freeze { return wait("holds: \(reason)") }
        if step + 1 < course.holds.count { return .advance(to: step + 1, evidence: tick.sentence) }
        guard course.promotesItself else { return wait("every step has passed: promote it, or abort it") }
        return .promote(evidence: tick.sentence)
    }

    private mutating func wait(_ message: String) -> RolloutAction {
        self.message = message
        return .wait
    }

    /// Clocks are outside data too.
    private static func sum(_ one: Int, _ other: Int) -> Int {
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

// MARK: - Events

extension RolloutLife {
    private mutating func request() -> RolloutAction {
        guard state == .preparing else { return .refuse(reason: "it was asked for already") }
        guard course.approvals.count > 0 else { return .begin }
        state = .awaitingApproval
        message = missingWords
        return .wait
    }

    private mutating func approve(
        _ roles: [String], _ comment: String, _ person: String, _ at: Timestamp
    ) -> RolloutAction {
        if let reason = refusal(of: person, roles: roles) { return .refuse(reason: reason) }
        approvals.append(Approval(by: person, at: at, comment: comment))
        message = missingWords
        return missingApprovals == 0 ? .begin : .wait
    }

    private mutating func begin() -> RolloutAction {
        guard state == .preparing || state == .awaitingApproval, missingApprovals == 0 else {
            return .refuse(reason: "it may not begin yet")
        }
        state = course.watch > 0 ? .watching : .running
        message = ""
        return .wait
    }

    private mutating func advance(to next: Int) -> RolloutAction {
        guard state == .running, next == step + 1, course.holds.indices.contains(next) else {
            return .refuse(reason: "it is at step \(step + 1), \(state.words)")
        }
        step = next
        held = 0
        message = ""
        return .wait
    }

    private mutating func pause(_ reason: String) -> RolloutAction {
        guard state == .running else { return .refuse(reason: "it is \(state.words)") }
        state = .paused
        message = reason
        return .wait
    }

    private mutating func resume() -> RolloutAction {
        guard state == .paused else { return .refuse(reason: "it is \(state.words)") }
        state = .running
        message = ""
        return .wait
    }

    private mutating func promote(_ evidence: String) -> RolloutAction {
        guard state.routes else { return .refuse(reason: "it is \(state.words)") }
        return end(.promoted, evidence)
    }

    private mutating func settle() -> RolloutAction {
        guard state == .watching else { return .refuse(reason: "it is \(state.words)") }
        return end(.promoted, "no breach within the watch")
    }

    private mutating func end(_ state: State, _ message: String) -> RolloutAction {
        self.state = state
        self.message = message
        return .end
    }

    private var missingWords: String {
        let roles = course.approvals.roles.map(\.rawValue).joined(separator: " or ")
        return missingApprovals == 0
            ? "" : "needs \(missingApprovals) more approval\(missingApprovals == 1 ? "" : "s") by \(roles)"
    }

    /// Why this person may not approve now; `nil` when they may.
    package func refusal(of person: String, roles: [String]) -> String? {
        guard state == .awaitingApproval else { return "nobody's approval is waited for" }
        if course.approvals.fourEyes, person == requestedBy {
            return "who asked for a rollout does not approve it (four eyes)"
        }
        if course.approvals.fourEyes, pushedBy.contains(person) {
            return "who pushed a version does not approve its rollout (four eyes)"
        }
        guard course.approvals.roles.contains(where: { roles.contains($0.rawValue) }) else {
            return "approving takes the role \(course.approvals.roles.map(\.rawValue).joined(separator: " or "))"
        }
        return approvals.contains { $0.by == person } ? "you have approved it already" : nil
    }
}

extension RolloutLife.State {
    /// As a sentence says it: `rolled back`.
    package var words: String {
        switch self {
        case .awaitingApproval: "awaiting approval"
        case .rolledBack: "rolled back"
        default: rawValue
        }
    }
}
