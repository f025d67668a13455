package import Journal
package import Serving

/// Endpoints and what is deployed there.
package final class DeploymentService: Sendable {
    let store: DeploymentUnitOfWork
    let plane: any ServingPlane
    let publisher: Publisher
    /// One mutation of an endpoint at a time.
    let turns = Turns()

    package init(store: DeploymentUnitOfWork, plane: any ServingPlane, publisher: Publisher) {
        self.store = store
        self.plane = plane
        self.publisher = publisher
    }

    /// With a publisher of its own: only for a process that publishes nowhere else.
    package convenience init(store: DeploymentUnitOfWork, plane: any ServingPlane) {
        self.init(store: store, plane: plane, publisher: Publisher(store: store, plane: plane))
    }

    /// At start: publishes what is committed. Endpoints that fail to load stay, failed, in the data plane.
    package func restore() async throws(ControlError) {
        try await publisher.publish()
    }

    /// Makes a version answer at an endpoint: loads it beside what serves, commits, switches. When it returns, it answers.
    ///
    /// - Parameters:
    ///   - version: `nil` for the latest that is available in the space.
    ///   - watchSeconds: how long what served before waits to come back by itself if requests fail; 0 for not at all.
    ///   - ifMatch: the revision that the caller believes is current; another one is a `conflict` on `ifMatch`.
    package func deploy(
        endpoint: String, space: String, model: String, version: Int? = nil,
        options: EndpointOptions = EndpointOptions(), reason: String = "",
        watchSeconds: Int = RolloutSpec.defaultWatchSeconds, principal: Principal, idempotencyKey: String? = nil,
        ifMatch: Int? = nil
    ) async throws(ControlError) -> Deployment {
        try Name.validate(endpoint, field: "endpoint")
        try Name.validate(model, field: "model")
        try options.validate()
        try Self.checkReason(reason)
        guard (0...86_400).contains(watchSeconds) else {
            throw ControlError(
                .invalid, "watchSeconds is \(watchSeconds)", field: "watchSeconds", hint: "from 0 to 86400")
        }
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: ifMatch)
        let order = DeployOrder(
            target: target, model: model, version: version, options: options, reason: reason,
            watchSeconds: watchSeconds)
        let mutation = Mutation(
            principal: principal, space: space, idempotency: try Idempotency.make(idempotencyKey, order.canonical))
        return try await mutate(target, mutation) { () async throws(ControlError) in
            try await self.deploy(order, mutation)
        }
    }

    /// Takes an endpoint away. Its history stays; deploying there again goes on with its numbers.
    @discardableResult
    package func delete(
        _ endpoint: String, space: String, principal: Principal, idempotencyKey: String? = nil, ifMatch: Int? = nil
    ) async throws(ControlError) -> Deployment {
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: ifMatch)
        let mutation = Mutation(
            principal: principal, space: space,
            idempotency: try Idempotency.make(idempotencyKey, target.canonical("deployment.delete")))
        return try await mutate(target, mutation) { () async throws(ControlError) in
            try await self.commitAndPublish(mutation) { transaction in
                let live = try target.requireLive(transaction)
                return try target.change(.delete, of: live, principal: principal, in: transaction)
            }
        }
    }

    /// Takes a deployed model out of memory, or loads it again (the repository extension's load and unload).
    @discardableResult
    package func setLoaded(
        _ loaded: Bool, endpoint: String, space: String, principal: Principal
    ) async throws(ControlError) -> Deployment {
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: nil)
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        return try await mutate(target, mutation) { () async throws(ControlError) in
            try await self.setLoaded(loaded, target, mutation)
        }
    }

    /// Puts into the audit what somebody had done with what is kept of an endpoint outside of the database.
    package func note(
        _ event: AuditDraft, space: String, principal: Principal
    ) async throws(ControlError) {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { _ in Change(true, event: event) }
        try await publisher.publish()
    }

    /// One at a time for each endpoint; a retry under the same key gets the first answer once that answers.
    func mutate<Answer: Codable & Sendable>(
        _ target: EndpointTarget, _ mutation: Mutation, _ body: () async throws(ControlError) -> Answer
    ) async throws(ControlError) -> Answer {
        try await turns.take(target.space + "/" + target.endpoint) { () async throws(ControlError) in
            if let earlier = try await self.store.replay(mutation, as: Answer.self) {
                try await self.publisher.publish()
                return earlier.answer
            }
            return try await body()
        }
    }

    static func checkReason(_ reason: String) throws(ControlError) {
        guard reason.utf8.count <= 4096 else {
            throw ControlError(.invalid, "the reason has \(reason.utf8.count) bytes, at most 4096", field: "reason")
        }
    }
}
