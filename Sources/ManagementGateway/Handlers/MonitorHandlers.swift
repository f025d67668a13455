import Documents
import Gateway
import Hummingbird
import Journal
import ManagementAPI
import Monitors

/// How an endpoint is watched.
extension ManagementInterface {
    func monitor(_ call: ManagementRequest) async throws -> Response {
        let found = try await services.monitors.specification(of: call.name, space: call.space)
        return try Response.json(MonitorInfo(found, of: call)).tagged(revision: found.revision)
    }

    /// Takes YAML by its content type, else JSON.
    func setMonitor(_ call: ManagementRequest) async throws -> Response {
        let document = try await call.policyDocument("monitor")
        let now = try await services.monitors.set(
            document, of: call.name, space: call.space, principal: call.principal,
            idempotencyKey: call.idempotencyKey, ifMatch: try call.ifMatch())
        return try Response.json(MonitorInfo(now, of: call)).tagged(revision: now.revision)
    }

    func monitorRevisions(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.monitors.revisions(of: call.name, space: call.space, after: after, limit: limit)
        return try .json(
            ManagementAPI.Page(items: list.items.map { MonitorInfo($0, of: call) }, next: list.next))
    }
}

extension MonitorInfo {
    fileprivate init(_ specification: MonitorSpecification, of call: ManagementRequest) {
        var document: [String: PolicyField] = [:]
        if case .mapping(let members) = specification.document { document = members.mapValues(PolicyField.init) }
        self.init(
            endpoint: call.name, space: call.space, revision: specification.revision, document: document,
            setAt: specification.setAt?.description, setBy: specification.setBy)
    }
}
