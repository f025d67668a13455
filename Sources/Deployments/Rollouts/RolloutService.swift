package import Documents
package import Governance
package import Journal
import Runtimes
import Serving
import Synchronization

/// Rollouts: asked for, watched once a second, ended.
///
/// Every change is one unit of work that leaves a state of rest. What the analysis knows is kept each second together with
/// the state that was decided by it; a decision is taken only if the rollout is still at the step that it was made for.
package final class RolloutService: Sendable {
    let deployments: DeploymentService
    let runner: any RolloutCheckRunning
    let memberships: any Memberships
    let clock: any WallClock
    /// What each variant's counters were when they were last taken into account.
    let readings = Mutex<[Int: [String: ArmCounts]]>([:])
    /// By rollout: what has been told since it was looked at last.
    let truths = Mutex<[Int: ToldTruths]>([:])
    let asking = Mutex<[String: RunningCheck]>([:])
    let loop = Mutex<Task<Void, Never>?>(nil)
    /// Called with what went wrong in the loop, which goes on.
    let report: @Sendable (_ rollout: Rollout?, _ error: ControlError) -> Void

    var store: DeploymentUnitOfWork { deployments.store }

    package init(
        deployments: DeploymentService, checks: any RolloutCheckRunning, memberships: any Memberships,
        clock: any WallClock, report: @escaping @Sendable (Rollout?, ControlError) -> Void = { _, _ in }
    ) {
        self.deployments = deployments
        self.runner = checks
        self.memberships = memberships
        self.clock = clock
        self.report = report
    }

    /// Begins a rollout, or asks for the approvals that the space's policy demands. Every version that takes part is loaded
    /// first, the way back too.
    ///
    /// - Parameter document: as `docs/reference/rollout.md` describes it.
    package func start(
        _ endpoint: String, space: String, document: DocumentValue, principal: Principal,
        idempotencyKey: String? = nil, ifMatch: Int? = nil
    ) async throws(ControlError) -> Rollout {
        try Name.validate(endpoint, field: "endpoint")
        let draft = try RolloutDraft(document: document)
        try DeploymentService.checkReason(draft.reason)
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: ifMatch)
        let order = RolloutOrder(target: target, draft: draft, document: document.json)
        let mutation = Mutation(
            principal: principal, space: space, idempotency: try Idempotency.make(idempotencyKey, order.canonical))
        let answer = try await deployments.mutate(target, mutation) { () async throws(ControlError) in
            let plan = try await self.store.read { try order.plan($0) }
            return try await self.whileReady(plan.stable, plan.candidates) { () async throws(ControlError) in
                try await self.commitAndPublish(mutation) { try order.apply(plan, principal: principal, in: $0) }
            }
        }
        return try await store.read { try target.rollout(answer.number, in: $0) }
    }

    /// Loads what takes part, then does `body`, which publishes what it commits. Until then nothing may take the place of
    /// what was loaded; from then on the snapshot keeps what it serves, and nobody what it does not: candidates that are
    /// not promoted, or that wait for approvals, with the last of which they are loaded again.
    func whileReady<Value: Sendable>(
        _ stable: EndpointEntry?, _ candidates: [EndpointEntry], _ body: () async throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        var prepared: [EndpointEntry] = []
        defer { for entry in prepared { deployments.plane.discard(entry) } }
        if let stable {
            try await prepareWayBack(stable)
            prepared.append(stable)
        }
        for entry in candidates {
            try await deployments.prepare(entry)
            prepared.append(entry)
        }
        return try await body()
    }

    private func prepareWayBack(_ entry: EndpointEntry) async throws(ControlError) {
        do {
            try await deployments.plane.prepare(entry)
        } catch {
            throw ControlError(
                .refused,
                "there would be no way back: \(entry.model):\(entry.version), which serves now, cannot be loaded again: "
                    + error.message,
                field: "endpoint",
                hint: "nothing was changed; `slipway deploy` replaces a version that does not load")
        }
    }

    func commitAndPublish(
        _ mutation: Mutation,
        _ body: @escaping @Sendable (any DeploymentTransaction) throws -> Change<RolloutAnswer>
    ) async throws(ControlError) -> RolloutAnswer {
        let answer = try await store.commit(mutation, body).answer
        try await publish(answer.number)
        return answer
    }

    /// After a commit that changed the rollout.
    func publish(_ number: Int) async throws(ControlError) {
        do {
            try await deployments.publisher.publish()
        } catch {
            throw ControlError(
                .unavailable, "rollout \(number) is stored as it should be, but not in force yet: \(error.message)",
                hint: "retry, or restart the server: it comes up with what is stored")
        }
    }
}

extension EndpointTarget {
    func noRollout(_ number: Int?) -> ControlError {
        ControlError(
            .notFound,
            number.map { "endpoint '\(endpoint)' has no rollout \($0)" }
                ?? "endpoint '\(endpoint)' has no open rollout",
            field: "rollout", hint: "`slipway rollout list` shows those there are")
    }

    /// The rollout with that number, or the open one.
    func rollout(_ number: Int?, in transaction: any DeploymentTransaction) throws -> Rollout {
        try requireSpace(transaction)
        let found =
            try number.map { try transaction.rollout($0, endpoint: endpoint, space: space) }
            ?? transaction.openRollout(endpoint: endpoint, space: space)
        guard let found else { throw noRollout(number) }
        return found
    }
}
