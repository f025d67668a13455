package import Documents
import Governance
import ManagementAPI

/// What there is, as a declaration of just that: applying it changes nothing.
///
/// Bytes stay where they are: models and data sets are named without their files. Keys and the secrets of webhooks are no
/// part of what is asked for here, and so never end in it.
package enum Export {
    package static func document(of state: ServerState) -> DocumentValue {
        let spaces = state.spaces.sorted { $0.key < $1.key }
        let parts: [(Declaration.Section, [DocumentValue])] = [
            (.spaces, spaces.map { space($0.key, $0.value) }),
            (.dataSets, spaces.flatMap { space in named(space.value.dataSets.keys.sorted(), space.key) }),
            (.models, spaces.flatMap { space in named(space.value.models.keys.sorted(), space.key) }),
            (.deployments, spaces.flatMap { space in deployments(space.value, space.key) }),
            (.monitors, spaces.flatMap { space in monitors(space.value, space.key) }),
        ]
        var members: [String: DocumentValue] = [:]
        for (section, items) in parts where !items.isEmpty { members[section.rawValue] = .list(items) }
        return .mapping(members)
    }

    /// The same as people write it.
    package static func yaml(of state: ServerState) -> [String] { document(of: state).yaml(order: order) }

    /// The order in which people read it; everything else follows by name.
    private static let order =
        Declaration.Section.allCases.map(\.rawValue) + [
            "name", "endpoint", "principal", "space", "model", "version", "policy", "members", "role", "promotesFrom",
            "gates", "kind",
        ]

    private static func space(_ name: String, _ state: SpaceState) -> DocumentValue {
        var members: [String: DocumentValue] = ["name": .text(name)]
        if state.policy.revision > 0 { members["policy"] = state.policy.document.canonical }
        if !state.members.isEmpty {
            members["members"] = .list(
                state.members.sorted { $0.key < $1.key }.map { principal, role in
                    .mapping(["principal": .text(principal), "role": .text(role.rawValue)])
                })
        }
        return .mapping(members)
    }

    private static func named(_ names: [String], _ space: String) -> [DocumentValue] {
        names.map { .mapping(["name": .text($0), "space": .text(space)]) }
    }

    private static func deployments(_ state: SpaceState, _ space: String) -> [DocumentValue] {
        state.deployments.sorted { $0.key < $1.key }.map { endpoint, deployment in
            .mapping([
                "endpoint": .text(endpoint), "space": .text(space), "model": .text(deployment.model),
                "version": .whole(deployment.version), "options": Difference.document(of: deployment.options),
            ])
        }
    }

    private static func monitors(_ state: SpaceState, _ space: String) -> [DocumentValue] {
        state.monitors.sorted { $0.key < $1.key }.compactMap { endpoint, monitor in
            guard case .mapping(var members) = monitor.document, !members.isEmpty else { return nil }
            members["endpoint"] = .text(endpoint)
            members["space"] = .text(space)
            return .mapping(members)
        }
    }
}
