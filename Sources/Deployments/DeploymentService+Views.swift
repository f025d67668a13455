package import Journal

extension DeploymentService {
    /// What is deployed in the space, by endpoint.
    package func list(
        space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<Deployment> {
        let limit = PageLimit.clamp(limit)
        let target = EndpointTarget(endpoint: "", space: space, ifMatch: nil)
        let found = try await store.read { transaction in
            try target.requireSpace(transaction)
            return try transaction.deployments(space: space, after: after, limit: limit + 1)
        }
        return Page.cut(found, limit: limit, key: \.endpoint)
    }

    /// The live deployment at an endpoint; `notFound` when there is none, or no such space.
    package func show(_ endpoint: String, space: String) async throws(ControlError) -> Deployment {
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: nil)
        return try await store.read { try target.requireLive($0) }
    }

    /// Every revision there ever was under this name, newest first; it outlives the deployment.
    package func history(_ endpoint: String, space: String) async throws(ControlError) -> [Revision] {
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: nil)
        return try await store.read { transaction in
            try target.requireSpace(transaction)
            let revisions = try transaction.revisions(endpoint: endpoint, space: space)
            guard !revisions.isEmpty else { throw target.notFound }
            return revisions
        }
    }
}
