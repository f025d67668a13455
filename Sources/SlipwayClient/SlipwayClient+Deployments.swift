public import ManagementAPI
import NIOHTTP1

extension SlipwayClient {
    /// One page of the space's deployments, by endpoint; `after` is the `next` of the page before.
    public func deployments(limit: Int? = nil, after: String? = nil) async throws(ClientError) -> Page<DeploymentInfo> {
        try await receive(page(.get(spacePath("/deployments"), "list the deployments"), limit, after))
    }

    /// The deployment that answers at an endpoint.
    public func deployment(_ endpoint: String) async throws(ClientError) -> DeploymentInfo {
        try await receive(.get(deploymentPath(endpoint), "show the deployment \(endpoint)"))
    }

    /// Makes a version answer at an endpoint; once this returns, it does.
    ///
    /// - Parameters:
    ///   - endpoint: the model's name unless given.
    ///   - watchSeconds: how long what served before waits to come back by itself if requests fail; 0 for not at all.
    ///   - revision: the revision the caller saw; the server refuses when it is no longer the current one.
    @discardableResult
    public func deploy(
        model: String, version: Int? = nil, endpoint: String? = nil, options: DeploymentOptions? = nil,
        reason: String? = nil, watchSeconds: Int? = nil, ifRevision revision: Int? = nil
    ) async throws(ClientError) -> DeploymentInfo {
        let endpoint = endpoint ?? model
        var call = Call.change(.PUT, deploymentPath(endpoint), "deploy \(model) as \(endpoint)")
        call.body = try encode(
            DeployRequest(
                model: model, version: version, options: options, reason: reason,
                watchSeconds: watchSeconds))
        return try await receive(conditional(call, revision))
    }

    /// Takes an endpoint out of service; its history stays.
    public func deleteDeployment(_ endpoint: String, ifRevision revision: Int? = nil) async throws(ClientError) {
        let call = Call.change(.DELETE, deploymentPath(endpoint), "delete the deployment \(endpoint)")
        _ = try await accepted(conditional(call, revision))
    }

    /// What the endpoint was told to be, newest first.
    public func revisions(
        of endpoint: String, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<RevisionInfo> {
        let call = Call.get(deploymentPath(endpoint) + "/revisions", "show the history of \(endpoint)")
        return try await receive(page(call, limit, after))
    }

    private func deploymentPath(_ endpoint: String) -> String {
        spacePath("/deployments/\(ServerAddress.encode(endpoint))")
    }

    private func conditional(_ call: Call, _ revision: Int?) -> Call {
        var call = call
        if let revision { call.headers.append(("if-match", "\"\(revision)\"")) }
        return call
    }
}
