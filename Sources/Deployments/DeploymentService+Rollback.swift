package import Journal
import Registry
import Serving

extension DeploymentService {
    /// Makes an endpoint what it was at an earlier revision, as a new one. Possible in a frozen space too, and ends whatever
    /// rollout is open.
    ///
    /// - Parameter revision: `nil` for what served before what serves now.
    package func rollBack(
        _ endpoint: String, space: String, to revision: Int? = nil, reason: String = "", principal: Principal,
        idempotencyKey: String? = nil, ifMatch: Int? = nil
    ) async throws(ControlError) -> Deployment {
        try Self.checkReason(reason)
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: ifMatch)
        let order = RollbackOrder(target: target, revision: revision, reason: reason)
        let mutation = Mutation(
            principal: principal, space: space,
            idempotency: try Idempotency.make(idempotencyKey, order.canonical))
        return try await mutate(target, mutation) { () async throws(ControlError) in
            let plan = try await self.store.read { try order.plan($0) }
            if let entry = plan.entry { try await self.prepare(entry) }
            defer { if let entry = plan.entry { self.plane.discard(entry) } }
            return try await self.commitAndPublish(mutation) { transaction in
                try order.apply(plan, principal: principal, in: transaction)
            }
        }
    }
}

/// A rollback whose fields were checked, with the rules that the database decides.
struct RollbackOrder: Sendable {
    struct Plan: Sendable, Hashable {
        let live: Deployment
        /// What is to serve; `nil` where it does: then only the rollout ends.
        let entry: EndpointEntry?
        /// The revision that the new one equals.
        let equals: Int
        /// The open rollout that ends with it.
        let rollout: Int?
    }

    let target: EndpointTarget
    let revision: Int?
    let reason: String

    var canonical: [String] {
        target.canonical("deployment.rollback") + [revision.map { String($0) } ?? "", reason]
    }

    func plan(_ transaction: any DeploymentTransaction) throws -> Plan {
        let live = try target.requireLive(transaction)
        let open = try transaction.openRollout(endpoint: target.endpoint, space: target.space)
        // An open rollout has changed nothing yet that a revision says: going back is ending it.
        if revision == nil, let open, open.state.isExclusive {
            return Plan(live: live, entry: nil, equals: live.revision, rollout: open.number)
        }
        let past = try goal(live, transaction)
        let next = live.revision + 1
        guard
            let entry = try transaction.entry(
                endpoint: target.endpoint, space: target.space, model: past.model, number: past.version,
                revision: next, options: past.options)
        else { throw gone(past) }
        let isLive = live.isLoaded && live.version == past.version && live.options == past.options
        return Plan(live: live, entry: isLive ? nil : entry, equals: past.number, rollout: open?.number)
    }

    private func goal(_ live: Deployment, _ transaction: any DeploymentTransaction) throws -> Revision {
        let all = try transaction.revisions(endpoint: target.endpoint, space: target.space)
        // What an endpoint was before it was deleted is another life of its name.
        let lives = all.prefix { $0.action != .delete }
        guard let revision else {
            let before = lives.first {
                $0.number < live.revision && ($0.version != live.version || $0.options != live.options)
            }
            guard let before else {
                throw ControlError(
                    .conflict,
                    "endpoint '\(target.endpoint)' has served nothing but \(live.model):\(live.version): there is nothing "
                        + "to roll back to",
                    field: "endpoint", hint: "`slipway deployment history \(target.endpoint)` shows what there was")
            }
            return before
        }
        guard let found = all.first(where: { $0.number == revision }) else {
            throw ControlError(
                .notFound, "endpoint '\(target.endpoint)' has no revision \(revision)", field: "to",
                hint: "`slipway deployment history \(target.endpoint)` shows those there are")
        }
        guard lives.contains(found) else {
            throw ControlError(
                .conflict, "revision \(revision) of '\(target.endpoint)' was before its deletion", field: "to",
                hint: "`slipway deployment history \(target.endpoint)` shows what there was")
        }
        return found
    }

    private func gone(_ past: Revision) -> ControlError {
        ControlError(
            .conflict,
            "revision \(past.number) of '\(target.endpoint)' served \(past.model):\(past.version), which is not available "
                + "in space '\(target.space)' any more",
            field: "to", hint: "`slipway deployment history \(target.endpoint)` shows what else there was")
    }

    /// The unit of work.
    func apply(
        _ prepared: Plan, principal: Principal, in transaction: any DeploymentTransaction
    ) throws -> Change<Deployment> {
        let plan = try plan(transaction)
        guard plan == prepared else {
            throw ControlError(
                .conflict, "endpoint '\(target.endpoint)' was changed while the version was being loaded",
                field: "endpoint", hint: "try again")
        }
        try endRollout(plan, principal: principal, in: transaction)
        if let entry = plan.entry {
            try transaction.append(
                RevisionDraft(
                    endpoint: target.endpoint, space: target.space, number: entry.revision, action: .rollback,
                    model: entry.model, version: entry.version, options: entry.options, reason: reason,
                    origin: RevisionOrigin(
                        rollout: plan.rollout, equals: plan.equals,
                        evidence: "rolled back by \(principal.id)")),
                by: principal)
        }
        guard let now = try transaction.endpoint(target.endpoint, space: target.space)?.live else {
            throw target.notFound
        }
        guard plan.entry != nil || plan.rollout != nil else { return Change(now.unchanged, event: nil) }
        var detail = [
            "revision": String(now.revision), "version": "\(now.model):\(now.version)", "equals": String(plan.equals),
            "reason": reason,
        ]
        if let rollout = plan.rollout { detail["rollout"] = String(rollout) }
        return Change(
            plan.entry == nil ? now.unchanged : now,
            event: AuditDraft(action: "deployment.rollback", subject: target.endpoint, detail: detail))
    }

    private func endRollout(
        _ plan: Plan, principal: Principal, in transaction: any DeploymentTransaction
    ) throws {
        guard plan.rollout != nil,
            let open = try transaction.openRollout(endpoint: target.endpoint, space: target.space)
        else { return }
        var work = RolloutWork(open, principal: principal, in: transaction)
        let words = reason.isEmpty ? "rolled back by \(principal.id)" : "rolled back by \(principal.id): \(reason)"
        try work.take(.rolledBack(revision: plan.entry?.revision, evidence: words))
        try work.save()
    }
}
