import Deployments
import Gateway
import Governance
import Hummingbird
import Identity
import Journal
import ManagementAPI

extension ManagementInterface {
    func spaces(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let visible = try await visibleSpaces(to: call.caller).filter { $0.space.name > after ?? "" }
        let list = Journal.Page.cut(visible, limit: limit) { $0.space.name }
        return try .json(ManagementAPI.Page(items: list.items.map(SpaceInfo.init), next: list.next))
    }

    static let defaultSpace = Space.defaultName

    /// Those that the caller has a role in; in the order of names.
    func visibleSpaces(to caller: Caller) async throws -> [SpaceSummary] {
        var spaces: [SpaceSummary] = []
        var after: String?
        repeat {
            let page = try await services.spaces.list(after: after, limit: PageLimit.maximum)
            spaces += page.items.filter { caller.sees(space: $0.space.name) }
            after = page.next
        } while after != nil
        return spaces
    }

    func policy(_ call: ManagementRequest) async throws -> Response {
        let policy = try await services.deployments.policy(of: call.space)
        return try Response.json(ManagementAPI.SpacePolicy(policy)).tagged(revision: policy.revision)
    }

    /// One screen: everything a person wants to know first, of the spaces that they see.
    func status(_ call: ManagementRequest) async throws -> Response {
        let usage = try await services.server.usage()
        var spaces: [SpaceInfo] = []
        var deployments: [DeploymentInfo] = []
        for summary in try await visibleSpaces(to: call.caller) {
            spaces.append(SpaceInfo(summary))
            let list = try await services.deployments.list(space: summary.space.name, limit: PageLimit.maximum)
            let open = try await services.rollouts.open(space: summary.space.name)
            deployments += list.items.filter { call.caller.reaches(endpoint: $0.endpoint) }
                .map { info(of: $0, open[$0.endpoint]) }
        }
        return try .json(
            StatusReport(
                server: services.server.info(), spaces: spaces, deployments: deployments,
                blobBytes: usage.blobBytes, freeBytes: usage.freeBytes,
                alerts: try await firingAlerts(of: deployments)))
    }
}
