import Journal
import Registry
import Runtimes
import Serving

extension DeploymentService {
    /// Load, then commit, then switch; whatever fails before the commit leaves everything as it was.
    func deploy(_ order: DeployOrder, _ mutation: Mutation) async throws(ControlError) -> Deployment {
        let plan = try await store.read { try order.plan($0) }
        try await prepare(plan.entry)
        defer { plane.discard(plan.entry) }
        return try await commitAndPublish(mutation) { transaction in
            try order.apply(plan, principal: mutation.principal, in: transaction)
        }
    }

    func setLoaded(
        _ loaded: Bool, _ target: EndpointTarget, _ mutation: Mutation
    ) async throws(ControlError) -> Deployment {
        let entry: EndpointEntry? = try await store.read { transaction in
            let live = try target.requireLive(transaction)
            guard loaded else { return nil }
            return try target.entry(
                for: live, revision: live.isLoaded ? live.revision : live.revision + 1, in: transaction)
        }
        if let entry { try await prepare(entry) }
        defer { if let entry { plane.discard(entry) } }
        return try await commitAndPublish(mutation) { transaction in
            let live = try target.requireLive(transaction)
            if live.isLoaded == loaded { return Change(live.unchanged, event: nil) }
            return try target.change(loaded ? .load : .unload, of: live, principal: mutation.principal, in: transaction)
        }
    }

    func commitAndPublish(
        _ mutation: Mutation,
        _ body: @escaping @Sendable (any DeploymentTransaction) throws -> Change<Deployment>
    ) async throws(ControlError) -> Deployment {
        let committed = try await store.commit(mutation, body)
        do {
            try await publisher.publish()
        } catch {
            throw ControlError(
                .unavailable,
                "revision \(committed.answer.revision) is stored but does not answer yet: \(error.message)",
                hint: "retry, or restart the server: it comes up with what is stored")
        }
        return committed.answer
    }

    /// Who calls it gives back what it keeps, with `plane.discard`, once the change is published or has failed.
    func prepare(_ entry: EndpointEntry) async throws(ControlError) {
        do {
            try await plane.prepare(entry)
        } catch {
            if error.reason == .notBatchable {
                throw ControlError(
                    .invalid, "\(entry.model):\(entry.version): \(error.message)", field: "batching",
                    hint: "deploy it without batching; nothing was changed")
            }
            let code: ControlError.Code = error.reason == .digestMismatch ? .digestMismatch : .loadFailed
            throw ControlError(
                code, "\(entry.model):\(entry.version) could not be loaded: \(error.message)",
                hint: "nothing was changed: what served before goes on serving")
        }
    }
}

extension Deployment {
    var unchanged: Deployment {
        var copy = self
        copy.isUnchanged = true
        return copy
    }
}
