import Documents
package import Governance
package import Journal
import Runtimes
import Serving

extension DeploymentService {
    /// What the space demands of its deployments, with the policy's revision.
    package func policy(of space: String) async throws(ControlError) -> SpacePolicy {
        guard let policy = try await store.read({ try $0.policy(of: space) }) else {
            throw ControlError.spaceNotFound(space)
        }
        return policy
    }

    /// Makes `policy` what the space demands, as its next revision, and moves over what has to run elsewhere under it:
    /// every model is loaded in its new place first, then the policy is committed and the endpoints switched at once. When
    /// one cannot be loaded there, nothing changes.
    ///
    /// - Parameters:
    ///   - policy: its own revision does not matter.
    ///   - ifMatch: the policy's revision that the caller believes is current; another one is a `conflict`.
    package func setPolicy(
        _ policy: SpacePolicy, of space: String, principal: Principal, idempotencyKey: String? = nil,
        ifMatch: Int? = nil
    ) async throws(ControlError) -> SpacePolicy {
        guard !policy.promotesFrom.contains(space) else {
            throw ControlError(
                .invalid, "space '\(space)' cannot take versions from itself", field: "promotesFrom",
                hint: "name the spaces before it, or leave promotesFrom out for a space that takes pushes")
        }
        let order = PolicyOrder(space: space, policy: policy, ifMatch: ifMatch)
        let mutation = Mutation(
            principal: principal, space: space, idempotency: try Idempotency.make(idempotencyKey, order.canonical))
        // No endpoint's name has a space in it: these turns are the policy's own.
        return try await turns.take(space + " policy") { () async throws(ControlError) in
            if let earlier = try await self.store.replay(mutation, as: SpacePolicy.self) {
                try await self.publisher.publish()
                return earlier.answer
            }
            return try await self.setPolicy(order, mutation)
        }
    }

    private func setPolicy(_ order: PolicyOrder, _ mutation: Mutation) async throws(ControlError) -> SpacePolicy {
        let moved = try await store.read { try order.moved($0) }
        var prepared: [EndpointEntry] = []
        // Also once it is published: an endpoint may have been deleted meanwhile, and nothing serves its model.
        defer { for entry in prepared { plane.discard(entry) } }
        for entry in moved {
            try await prepareMove(entry)
            prepared.append(entry)
        }
        let committed = try await store.commit(mutation) { try order.apply($0, principal: mutation.principal) }
        try await publisher.publish()
        return committed.answer
    }

    private func prepareMove(_ entry: EndpointEntry) async throws(ControlError) {
        do {
            try await plane.prepare(entry)
        } catch {
            throw ControlError(
                .loadFailed,
                "endpoint '\(entry.name)' could not be moved to \(entry.isolation.rawValue) isolation: \(error.message)",
                hint: "the policy was not changed, and everything serves as before")
        }
    }
}

/// A policy that is to be set, with the rules that the database decides.
struct PolicyOrder: Sendable {
    let space: String
    let policy: SpacePolicy
    let ifMatch: Int?

    /// For the hash that an idempotency key is bound to.
    var canonical: [String] {
        ["space.policy", space, policy.document.json, ifMatch.map { String($0) } ?? ""]
    }

    private func current(_ transaction: any DeploymentTransaction) throws -> SpacePolicy {
        guard let policy = try transaction.policy(of: space) else { throw ControlError.spaceNotFound(space) }
        guard ifMatch == nil || ifMatch == policy.revision else {
            throw ControlError(
                .conflict, "the policy of space '\(space)' is at revision \(policy.revision), not \(ifMatch ?? 0)",
                field: "ifMatch", hint: "somebody else changed it; look at it again, then decide")
        }
        return policy
    }

    /// What is loaded in the space and has to run elsewhere under the new policy.
    func moved(_ transaction: any DeploymentTransaction) throws -> [EndpointEntry] {
        guard try current(transaction).isolation != policy.isolation else { return [] }
        return try transaction.snapshot().endpoints.compactMap { entry in
            guard entry.space == space, entry.isLoaded else { return nil }
            var moved = entry
            (moved.isolation, moved.isolationReason) = policy.isolation(wanted: entry.options.isolation)
            return moved.isolation == entry.isolation ? nil : moved
        }
    }

    /// The unit of work.
    func apply(_ transaction: any DeploymentTransaction, principal: Principal) throws -> Change<SpacePolicy> {
        let before = try current(transaction)
        guard !before.demandsSame(as: policy) else { return Change(before, event: nil) }
        var next = policy
        next.revision = before.revision + 1
        try transaction.setPolicy(next, of: space, by: principal)
        return Change(
            next,
            event: AuditDraft(
                action: "space.policy", subject: space,
                detail: [
                    "isolation": next.isolation?.rawValue ?? "any", "revision": String(next.revision),
                    "promotesFrom": next.promotesFrom.joined(separator: ","),
                    "gates": next.gates.map { "\($0.name) (\($0.kind.rawValue))" }.joined(separator: ","),
                    "approvals": String(next.approvals.count),
                ]))
    }
}
