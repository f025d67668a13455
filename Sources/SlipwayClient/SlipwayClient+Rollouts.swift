public import ManagementAPI
import NIOCore
import NIOHTTP1

/// Rollouts and rollbacks. Where a number is asked for, `nil` means the rollout that is open.
extension SlipwayClient {
    /// Begins to move an endpoint to another version.
    public func startRollout(
        of endpoint: String, _ request: RolloutRequest, ifRevision revision: Int? = nil
    ) async throws(ClientError) -> RolloutInfo {
        var call = Call.change(.POST, rolloutsPath(endpoint), "start a rollout of \(endpoint)")
        call.body = try encode(request)
        if let revision { call.headers.append(("if-match", "\"\(revision)\"")) }
        return try await receive(call)
    }

    /// The same, with the rollout as people write it.
    public func startRollout(
        of endpoint: String, yaml: String, ifRevision revision: Int? = nil
    ) async throws(ClientError) -> RolloutInfo {
        var call = Call.change(.POST, rolloutsPath(endpoint), "start a rollout of \(endpoint)")
        call.body = .bytes(ByteBuffer(string: yaml), type: "application/yaml")
        if let revision { call.headers.append(("if-match", "\"\(revision)\"")) }
        return try await receive(call)
    }

    /// One page of rollouts, newest first; `after` is the `next` of the page before.
    ///
    /// - Parameters:
    ///   - endpoint: all of the space where it is `nil`.
    ///   - onlyOpen: leaves out those that have ended.
    public func rollouts(
        of endpoint: String? = nil, onlyOpen: Bool = false, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<RolloutInfo> {
        let path = endpoint.map(rolloutsPath) ?? spacePath("/rollouts")
        var call = page(.get(path, "list the rollouts"), limit, after)
        if onlyOpen { call.query.append(("open", "true")) }
        return try await receive(call)
    }

    /// The open rollout of the endpoint, else its last one.
    public func rollout(of endpoint: String, _ number: Int? = nil) async throws(ClientError) -> RolloutInfo {
        try await receive(.get(rolloutPath(endpoint, number), "show the rollout of \(endpoint)"))
    }

    public func pauseRollout(
        of endpoint: String, _ number: Int? = nil, reason: String? = nil
    ) async throws(ClientError) -> RolloutInfo {
        try await decide("pause", endpoint, number, RolloutDecision(reason: reason))
    }

    public func resumeRollout(of endpoint: String, _ number: Int? = nil) async throws(ClientError) -> RolloutInfo {
        try await decide("resume", endpoint, number, RolloutDecision())
    }

    /// Makes a candidate what the endpoint serves.
    public func promoteRollout(
        of endpoint: String, _ number: Int? = nil, variant: String? = nil, reason: String? = nil
    ) async throws(ClientError) -> RolloutInfo {
        try await decide("promote", endpoint, number, RolloutDecision(reason: reason, variant: variant))
    }

    /// Gives all traffic back to what served before.
    public func abortRollout(
        of endpoint: String, _ number: Int? = nil, reason: String? = nil
    ) async throws(ClientError) -> RolloutInfo {
        try await decide("abort", endpoint, number, RolloutDecision(reason: reason))
    }

    public func approveRollout(
        of endpoint: String, _ number: Int? = nil, comment: String? = nil
    ) async throws(ClientError) -> RolloutInfo {
        try await decide("approve", endpoint, number, RolloutDecision(reason: comment))
    }

    public func rejectRollout(
        of endpoint: String, _ number: Int? = nil, reason: String
    ) async throws(ClientError) -> RolloutInfo {
        try await decide("reject", endpoint, number, RolloutDecision(reason: reason))
    }

    /// Makes an endpoint what it was: before what serves now, or at a revision.
    ///
    /// - Parameter current: the revision the caller saw; the server refuses when it is no longer the current one.
    @discardableResult
    public func rollBack(
        _ endpoint: String, to revision: Int? = nil, reason: String? = nil, ifRevision current: Int? = nil
    ) async throws(ClientError) -> DeploymentInfo {
        let path = spacePath("/deployments/\(ServerAddress.encode(endpoint))/rollback")
        var call = Call.change(.POST, path, "roll back \(endpoint)")
        call.body = try encode(RollbackRequest(to: revision, reason: reason))
        if let current { call.headers.append(("if-match", "\"\(current)\"")) }
        return try await receive(call)
    }

    /// What was live at the endpoint at a moment, RFC 3339 in UTC.
    public func live(_ endpoint: String, at time: String) async throws(ClientError) -> LiveInfo {
        var call = Call.get(
            spacePath("/deployments/\(ServerAddress.encode(endpoint))/live"), "say what was live at \(endpoint)")
        call.query.append(("at", time))
        return try await receive(call)
    }

    private func decide(
        _ action: String, _ endpoint: String, _ number: Int?, _ decision: RolloutDecision
    ) async throws(ClientError) -> RolloutInfo {
        var call = Call.change(
            .POST, rolloutPath(endpoint, number) + "/\(action)", "\(action) the rollout of \(endpoint)")
        call.body = try encode(decision)
        return try await receive(call)
    }

    private func rolloutsPath(_ endpoint: String) -> String {
        spacePath("/deployments/\(ServerAddress.encode(endpoint))/rollouts")
    }

    private func rolloutPath(_ endpoint: String, _ number: Int?) -> String {
        rolloutsPath(endpoint) + "/" + (number.map { String($0) } ?? "open")
    }
}
