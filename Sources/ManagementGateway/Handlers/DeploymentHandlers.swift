import Declarations
import Deployments
import Gateway
import Hummingbird
import Journal
import ManagementAPI
import Serving

extension ManagementInterface {
    func deployments(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.deployments.list(space: call.space, after: after, limit: limit)
        let open = try await services.rollouts.open(space: call.space)
        return try .json(
            ManagementAPI.Page(items: list.items.map { info(of: $0, open[$0.endpoint]) }, next: list.next))
    }

    func deployment(_ call: ManagementRequest) async throws -> Response {
        let deployment = try await services.deployments.show(call.name, space: call.space)
        let open = try await services.rollouts.open(space: call.space)
        return try Response.json(info(of: deployment, open[call.name])).tagged(revision: deployment.revision)
    }

    func deploy(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(DeployRequest.self, schema: "DeployRequest")
        let deployment = try await services.deployments.deploy(
            endpoint: call.name, space: call.space, model: order.model, version: order.version,
            options: try EndpointOptions(order.options), reason: order.reason ?? "",
            watchSeconds: order.watchSeconds ?? RolloutSpec.defaultWatchSeconds, principal: call.principal,
            idempotencyKey: call.idempotencyKey, ifMatch: try call.ifMatch())
        return try Response.json(info(of: deployment)).tagged(revision: deployment.revision)
    }

    func deleteDeployment(_ call: ManagementRequest) async throws -> Response {
        let deployment = try await services.deployments.delete(
            call.name, space: call.space, principal: call.principal, idempotencyKey: call.idempotencyKey,
            ifMatch: try call.ifMatch())
        return try .json(info(of: deployment))
    }

    func revisions(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        var history = try await services.deployments.history(call.name, space: call.space)
        if let after {
            guard let index = history.firstIndex(where: { String($0.number) == after }) else {
                throw ControlError(
                    .invalid, "there is no revision '\(Name.excerpt(of: after))' to go on after", field: "after")
            }
            history.removeFirst(index + 1)
        }
        let list = Journal.Page.cut(history, limit: limit) { String($0.number) }
        return try .json(ManagementAPI.Page(items: list.items.map(RevisionInfo.init), next: list.next))
    }

    /// The repository extension answers with an empty object.
    func setLoaded(_ loaded: Bool, _ call: ManagementRequest) async throws -> Response {
        if loaded { try await refuseOverrides(call) }
        _ = try await services.deployments.setLoaded(
            loaded, endpoint: call.name, space: call.space, principal: call.principal)
        return .json(bytes: Array("{}".utf8))
    }

    /// Triton takes a configuration, or even files, with a load. Here both belong to the deployment and the version.
    private func refuseOverrides(_ call: ManagementRequest) async throws {
        struct Overrides: Decodable {
            struct Anything: Decodable {}
            var parameters: [String: Anything]?
        }
        let names = try await call.optionalDocument(Overrides.self)?.parameters?.keys.sorted() ?? []
        if let name = names.first { throw TritonAnswers.loadOverride(name) }
    }

    /// What is meant to answer, with how it does.
    func info(of deployment: Deployment, _ rollout: Rollout? = nil) -> DeploymentInfo {
        let endpoint = services.dataPlane.endpoint(space: deployment.space, name: deployment.endpoint)
        let served = endpoint.flatMap { $0.entry.version == deployment.version ? $0 : nil }
        let counts = served?.statistics.snapshot()
        let (state, message) = Self.state(of: deployment, served)
        return DeploymentInfo(
            endpoint: deployment.endpoint, space: deployment.space, model: deployment.model,
            version: deployment.version, revision: deployment.revision, state: state, message: message,
            options: DeploymentOptions(deployment.options),
            isolation: IsolationMode(served?.entry.isolation ?? deployment.options.isolation ?? .shared),
            isolationReason: served?.entry.isolationReason.text ?? "", createdAt: deployment.createdAt.description,
            updatedAt: deployment.updatedAt.description, updatedBy: deployment.updatedBy,
            requests: counts.map { Int(clamping: $0.successes &+ $0.failures) } ?? 0,
            errors: counts.map { Int(clamping: $0.failures) } ?? 0, queued: served?.queueDepth ?? 0,
            p50Milliseconds: counts.flatMap { Self.milliseconds(0.5, $0) },
            p99Milliseconds: counts.flatMap { Self.milliseconds(0.99, $0) }, rollout: rollout.map(RolloutSummary.init))
    }

    private static func state(of deployment: Deployment, _ endpoint: Endpoint?) -> (DeploymentState, String) {
        switch endpoint?.state {
        case .ready: (.ready, "")
        case .idle: (.idle, "not in memory; the next request loads it")
        case .failed(let why): (.failed, why)
        case .unloaded: (.unloaded, "taken out of memory by a repository unload")
        case .restarting: (.restarting, "its worker process ended and is being replaced")
        case .suspended(let why): (.suspended, why)
        case .loading, nil: deployment.isLoaded ? (.loading, "") : (.unloaded, "")
        }
    }

    private static func milliseconds(_ share: Double, _ counts: EndpointStatistics.Snapshot) -> Double? {
        LatencyHistogram.quantile(share, of: counts.latency).map { Double($0) / 1e6 }
    }
}
