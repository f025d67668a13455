import Governance
import Identity
package import Journal

/// A rollout with what a person needs to know beside it.
package struct RolloutView: Sendable, Hashable {
    package var rollout: Rollout
    /// What the analysis has come to.
    package var verdict: AnalysisVerdict
    package var sentence: String
    /// The ids of those who could give a missing approval, as far as they are known.
    package var approvers: [String]
}

extension RolloutService {
    /// The rollout with that number; without one the open one, else the last.
    package func show(_ endpoint: String, space: String, number: Int? = nil) async throws(ControlError) -> RolloutView {
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: nil)
        let rollout = try await store.read { transaction in
            try target.requireSpace(transaction)
            let open = try transaction.openRollout(endpoint: endpoint, space: space)?.number
            let last = try transaction.lastRollout(endpoint: endpoint, space: space)
            let wanted = number ?? open ?? last
            guard wanted > 0 else {
                guard try transaction.endpoint(endpoint, space: space)?.live != nil else { throw target.notFound }
                throw target.noRollout(nil)
            }
            return try target.rollout(wanted, in: transaction)
        }
        return try await view(rollout)
    }

    package func view(_ rollout: Rollout) async throws(ControlError) -> RolloutView {
        var view = Self.view(rollout)
        if rollout.state == .awaitingApproval {
            let roles = rollout.life.course.approvals.roles
            let members = try await memberships.members(of: rollout.space, having: roles)
            view.approvers = members.filter { rollout.life.refusal(of: $0, roles: roles.map(\.rawValue)) == nil }
        }
        return view
    }

    private static func view(_ rollout: Rollout) -> RolloutView {
        let (verdict, sentence) = rollout.progress.finding(rollout.spec)
        return RolloutView(rollout: rollout, verdict: verdict, sentence: sentence, approvers: [])
    }

    /// Newest first; `after` is what the page before ended with.
    package func list(
        _ filter: RolloutFilter, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<RolloutView> {
        let before = after.flatMap { Int($0) }
        if let after, before == nil {
            throw ControlError(
                .invalid, "'\(Name.excerpt(of: after))' is no place in a list of rollouts", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let target = EndpointTarget(endpoint: filter.endpoint ?? "", space: filter.space, ifMatch: nil)
        let found = try await store.read { transaction in
            try target.requireSpace(transaction)
            return try transaction.rollouts(filter, before: before, limit: limit + 1)
        }
        return Page.cut(found.map(Self.view), limit: limit) { String($0.rollout.id) }
    }

    /// The open rollout of each endpoint of the space.
    package func open(space: String) async throws(ControlError) -> [String: Rollout] {
        let found = try await store.read {
            try $0.rollouts(RolloutFilter(space: space, onlyOpen: true), before: nil, limit: PageLimit.maximum)
        }
        return Dictionary(found.map { ($0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What was live at the endpoint at `time`.
    package func live(_ endpoint: String, space: String, at time: Timestamp) async throws(ControlError) -> LiveRecord {
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: nil)
        return try await store.read { transaction in
            try target.requireSpace(transaction)
            guard try transaction.endpoint(endpoint, space: space) != nil else { throw target.notFound }
            let revision = try transaction.revision(endpoint: endpoint, space: space, at: time)
            guard let revision, revision.action != .delete, revision.action != .unload else {
                return LiveRecord(revision: revision)
            }
            let rollouts = try transaction.rollouts(
                RolloutFilter(space: space, endpoint: endpoint), before: nil, limit: PageLimit.maximum)
            // The last one that had been asked for by then; an earlier one had ended before.
            guard let rollout = rollouts.first(where: { $0.requestedAt <= time })?.asOf(time), rollout.state.routes
            else { return LiveRecord(revision: revision) }
            return LiveRecord(revision: revision, rollout: rollout, weights: rollout.weights.map(\.weight))
        }
    }
}

extension Rollout {
    /// As it was at `time`, by its steps.
    func asOf(_ time: Timestamp) -> Rollout {
        var past = self
        past.life = life.rewound
        past.steps = []
        for step in steps where step.at <= time { _ = past.take(step.event, by: step.by, at: step.at) }
        return past
    }
}

extension RolloutService {
    /// The moment that it is.
    package var now: Timestamp { Timestamp(microseconds: clock.now) }
}
