import Deployments
import Gateway
import Governance
import Hummingbird
import Journal
import ManagementAPI

extension ManagementInterface {
    func spaces(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.spaces.list(after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(SpaceInfo.init), next: list.next))
    }

    func policy(_ call: ManagementRequest) async throws -> Response {
        let policy = try await services.deployments.policy(of: call.space)
        return try Response.json(ManagementAPI.SpacePolicy(policy)).tagged(revision: policy.revision)
    }

    func setPolicy(_ call: ManagementRequest) async throws -> Response {
        let wanted = try await call.document(ManagementAPI.SpacePolicy.self, schema: "SpacePolicy")
        let policy = try await services.deployments.setPolicy(
            of: call.space, isolation: wanted.isolation.demanded, principal: call.principal,
            idempotencyKey: call.idempotencyKey, ifMatch: try call.ifMatch())
        return try Response.json(ManagementAPI.SpacePolicy(policy)).tagged(revision: policy.revision)
    }

    /// One screen: everything a person wants to know first.
    func status() async throws -> Response {
        let usage = try await services.server.usage()
        var spaces: [SpaceInfo] = []
        var deployments: [DeploymentInfo] = []
        for summary in try await services.spaces.list(limit: PageLimit.maximum).items {
            spaces.append(SpaceInfo(summary))
            let list = try await services.deployments.list(space: summary.space.name, limit: PageLimit.maximum)
            deployments += list.items.map { info(of: $0) }
        }
        return try .json(
            StatusReport(
                server: services.server.info(), spaces: spaces, deployments: deployments,
                blobBytes: usage.blobBytes, freeBytes: usage.freeBytes))
    }
}
