import Declarations
import Documents
import Foundation
import Governance
import ManagementAPI
import SlipwayClient

/// Asks a server for all that a declaration or an export is about.
struct StateReading {
    let client: SlipwayClient

    /// - Parameters:
    ///   - wanted: the spaces to look into; `nil` for all that the caller sees.
    ///   - models, dataSets: those whose versions have to be known, by name.
    func read(
        spaces wanted: Set<String>?, models: Set<String> = [], dataSets: Set<String> = []
    ) async throws -> ServerState {
        let generation = try await client.applications().generation
        let names = try await allItems { page in try await client.spaces(after: page) }.map(\.name)
        var state = ServerState(generation: generation, names: Set(names))
        for name in names where wanted?.contains(name) ?? true {
            state.spaces[name] = try await space(client.inSpace(name), models, dataSets)
        }
        return state
    }

    private func space(
        _ client: SlipwayClient, _ models: Set<String>, _ dataSets: Set<String>
    ) async throws -> SpaceState {
        let (policy, revision) = try await client.policyAndRevision(of: client.space)
        var state = SpaceState(policy: try Self.policy(policy, revision))
        for member in try await allItems(of: { page in try await client.members(after: page) }) {
            state.members[member.principal] = member.role
        }
        for deployment in try await allItems(of: { page in try await client.deployments(after: page) }) {
            state.deployments[deployment.endpoint] = DeployedState(deployment)
            let monitor = try await client.monitor(of: deployment.endpoint)
            let document = DocumentValue.mapping(monitor.document.mapValues(DocumentValue.init))
            state.monitors[deployment.endpoint] = MonitorState(
                revision: monitor.revision, document: MonitorDocument.canonical(of: document))
        }
        for model in try await allItems(of: { page in try await client.models(after: page) }) {
            var found = ModelState(latest: model.latestVersion)
            if models.contains(model.name) {
                for version in try await allItems(of: { page in try await client.versions(of: model.name, after: page) }
                ) {
                    found.versions[version.digest] = version.version
                }
            }
            state.models[model.name] = found
        }
        for dataSet in try await allItems(of: { page in try await client.dataSets(after: page) }) {
            var found = DataSetState(latest: dataSet.version, versions: [dataSet.sha256: dataSet.version])
            if dataSets.contains(dataSet.name) {
                let all = try await allItems { page in try await client.dataSetVersions(of: dataSet.name, after: page) }
                for version in all { found.versions[version.sha256] = version.version }
            }
            state.dataSets[dataSet.name] = found
        }
        return state
    }

    private static func policy(_ policy: ManagementAPI.SpacePolicy, _ revision: Int) throws -> Governance.SpacePolicy {
        let document = try JSONDecoder().decode(DocumentValue.self, from: JSONEncoder().encode(policy))
        return try Governance.SpacePolicy(document: document.canonical, revision: revision)
    }
}

extension DeployedState {
    init(_ info: DeploymentInfo) {
        let isExclusive = info.rollout.map { $0.state != .watching } ?? false
        self.init(
            model: info.model, version: info.version, revision: info.revision, options: info.options,
            candidates: isExclusive ? info.rollout?.variants.map(\.version) : nil)
    }
}

extension DocumentValue {
    init(_ field: PolicyField) {
        switch field {
        case .null: self = .null
        case .flag(let flag): self = .flag(flag)
        case .whole(let whole): self = .whole(whole)
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .list(let items): self = .list(items.map(DocumentValue.init))
        case .mapping(let members): self = .mapping(members.mapValues(DocumentValue.init))
        }
    }
}
