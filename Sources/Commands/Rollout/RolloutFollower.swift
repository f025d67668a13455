import ManagementAPI
import SlipwayClient

/// Watches a rollout, and tells each step as it comes.
struct RolloutFollower {
    private let session: Session

    init(_ session: Session) {
        self.session = session
    }

    /// Until it has ended, or people are waited for.
    ///
    /// - Parameter seconds: how long people are waited for too, and how long all of it may take; `nil` for not at all, and
    ///   as long as it takes.
    func follow(_ rollout: RolloutInfo, seconds: Int? = nil) async throws -> RolloutInfo {
        let deadline = seconds.map { ContinuousClock.now + .seconds($0) }
        var rollout = rollout
        var told = 0
        var isAsked = false
        while true {
            for step in rollout.steps.dropFirst(told) where session.format == .table {
                if session.console.errorWidth != nil { session.console.redraw("") }
                session.console.say("  \(step.text)")
            }
            told = rollout.steps.count
            switch rollout.state {
            case .preparing, .running, .paused, .watching: break
            case .awaitingApproval where deadline != nil:
                if !isAsked { tell(RolloutText.next(rollout, flags: session.flags)) }
                isAsked = true
            default: return ended(rollout)
            }
            if let deadline, ContinuousClock.now >= deadline { return ended(rollout) }
            if session.format == .table, let width = session.console.errorWidth {
                session.console.redraw(String("  \(RolloutText.line(rollout))".prefix(max(width - 1, 0))))
            }
            try await Task.sleep(for: .seconds(1))
            let (endpoint, number) = (rollout.endpoint, rollout.rollout)
            rollout = try await session.lookingAgain(until: deadline, rollout) { () async throws(ClientError) in
                try await session.client.rollout(of: endpoint, number)
            }
        }
    }

    private func ended(_ rollout: RolloutInfo) -> RolloutInfo {
        if session.format == .table, session.console.errorWidth != nil { session.console.redraw("") }
        return rollout
    }

    private func tell(_ lines: [String]) {
        guard session.format == .table else { return }
        for line in lines { session.console.say("  \(line)") }
    }
}
