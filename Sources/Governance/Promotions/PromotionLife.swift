import Identity
package import Journal

/// The state of a promotion as a pure machine: it takes what happened and says what must follow. It knows nobody, reads no
/// clock and no database; replaying the kept steps gives the state that they led to.
///
///     checking -> awaitingApproval -> applied
///     checking -> applied                            where nobody has to approve
///     checking -> failed                             a gate did not pass
///     awaitingApproval -> checking                   the evidence went stale
///     checking, awaitingApproval -> rejected | withdrawn | superseded
package struct PromotionLife: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case checking, awaitingApproval, applied, failed, rejected, withdrawn, superseded

        /// Whether anything can still happen to it.
        package var isOpen: Bool { self == .checking || self == .awaitingApproval }
    }

    package enum Action: Sendable, Hashable {
        /// Nothing, until somebody does something.
        case wait
        /// Begin a run against the world of now.
        case begin
        /// Carry out the gates of the run that have not reported.
        case runGates
        /// Make the version available, if the evidence is still about the world of now.
        case apply
        /// End it: a gate did not pass.
        case fail(reason: String)
        case end
        /// The event cannot happen now; nothing has changed.
        case refuse(reason: String)
    }

    package struct Approval: Sendable, Hashable {
        package var by: String
        package var at: Timestamp
        package var comment: String
    }

    package private(set) var state = State.checking
    /// The run of now; `nil` before the first and after the evidence went stale.
    package private(set) var run: PromotionRun?
    /// Runs that were begun so far.
    package private(set) var runs = 0
    /// Of the run of now, by gate.
    package private(set) var reports: [String: GateReport] = [:]
    /// Since the run of now began.
    package private(set) var approvals: [Approval] = []
    /// Why it ended, where somebody or something said why.
    package private(set) var ending = ""
    private let requestedBy: String
    private let pushedBy: String

    package init(requestedBy: String, pushedBy: String) {
        self.requestedBy = requestedBy
        self.pushedBy = pushedBy
    }

    /// Gates of the run that have not ended.
    package var outstanding: [PlannedGate] { run?.gates.filter { reports[$0.name] == nil } ?? [] }

    /// How many approvals are still needed.
    package var missingApprovals: Int { max(0, (run?.approvals.count ?? 0) - approvals.count) }

    package mutating func handle(_ event: PromotionEvent, by: String, at: Timestamp) -> Action {
        guard state.isOpen else { return .refuse(reason: "the promotion is \(state.words) already") }
        switch event {
        case .requested: return runs == 0 ? .begin : .refuse(reason: "the promotion was asked for already")
        case .checking(let run): return begin(run)
        case .reported(let run, let report): return take(report, run: run)
        case .stale: return restart()
        case .approved(let roles, let comment):
            if let reason = refusal(of: by, roles: roles.map(\.rawValue)) { return .refuse(reason: reason) }
            approvals.append(Approval(by: by, at: at, comment: comment))
            return missingApprovals == 0 ? .apply : .wait
        case .rejected(let reason): return end(.rejected, reason)
        case .withdrawn(let reason): return end(.withdrawn, reason)
        case .superseded(let reason): return end(.superseded, reason)
        case .failed(let reason): return end(.failed, reason)
        case .applied:
            guard state == .awaitingApproval || run?.approvals.count == 0, outstanding.isEmpty, hasPassed,
                missingApprovals == 0
            else { return .refuse(reason: "the promotion may not be applied yet") }
            return end(.applied, "")
        }
    }

    /// What would follow if nothing else happened: what a restarted server has to take up.
    package var pending: Action {
        switch state {
        case .checking: run == nil ? .begin : outstanding.isEmpty ? weigh() : .runGates
        case .awaitingApproval: missingApprovals == 0 ? .apply : .wait
        case .applied, .failed, .rejected, .withdrawn, .superseded: .end
        }
    }

    private mutating func begin(_ run: PromotionRun) -> Action {
        guard state == .checking, self.run == nil, run.number == runs + 1 else {
            return .refuse(reason: "a run of the checks is under way")
        }
        self.run = run
        runs = run.number
        reports = [:]
        approvals = []
        return run.gates.isEmpty ? settle() : .runGates
    }

    private mutating func take(_ report: GateReport, run number: Int) -> Action {
        guard state == .checking, let run, run.number == number else {
            return .refuse(reason: "the checks of run \(number) are over")
        }
        guard run.gates.contains(where: { $0.name == report.gate }) else {
            return .refuse(reason: "no check of this run is called '\(report.gate)'")
        }
        guard reports[report.gate] == nil, report.outcome != .pending else {
            return .refuse(reason: "the check '\(report.gate)' was reported already")
        }
        reports[report.gate] = report
        return settle()
    }

    private mutating func restart() -> Action {
        guard run != nil else { return .refuse(reason: "there is no evidence yet") }
        state = .checking
        run = nil
        reports = [:]
        approvals = []
        return .begin
    }

    private mutating func settle() -> Action {
        let action = weigh()
        if action == .wait, outstanding.isEmpty { state = .awaitingApproval }
        return action
    }

    /// All that can be carried out here is waited for, so that who reads the report sees every figure; a check that
    /// another system still owes is not, once the version has failed anyway.
    private func weigh() -> Action {
        let failed = (run?.gates ?? []).compactMap { reports[$0.name] }.filter { $0.outcome != .passed }
        if failed.isEmpty {
            guard outstanding.isEmpty else { return .wait }
            return missingApprovals == 0 ? .apply : .wait
        }
        guard outstanding.allSatisfy({ $0.kind == .external }) else { return .wait }
        return .fail(reason: failed.map { "\($0.gate): \($0.summary)" }.joined(separator: "; "))
    }

    private var hasPassed: Bool { reports.values.allSatisfy { $0.outcome == .passed } }

    private mutating func end(_ state: State, _ reason: String) -> Action {
        self.state = state
        ending = reason
        return .end
    }
}

extension PromotionLife {
    /// Why this person may not approve now; `nil` when they may.
    package func refusal(of person: String, roles: [String]) -> String? {
        guard state.isOpen else { return "the promotion is \(state.words) already" }
        guard state == .awaitingApproval, let demand = run?.approvals else {
            return "its checks are not over: they are approved of together with the version"
        }
        if demand.fourEyes, person == requestedBy {
            return "who asked for a promotion does not approve it (four eyes)"
        }
        if demand.fourEyes, person == pushedBy {
            return "who pushed a version does not approve its promotion (four eyes)"
        }
        guard demand.roles.contains(where: { roles.contains($0.rawValue) }) else {
            return "approving needs one of the roles \(demand.roles.map(\.rawValue).joined(separator: ", "))"
        }
        return approvals.contains { $0.by == person } ? "you have approved it already" : nil
    }
}

extension PromotionLife.State {
    /// As a sentence says it: `awaiting approval`.
    package var words: String { self == .awaitingApproval ? "awaiting approval" : rawValue }
}
