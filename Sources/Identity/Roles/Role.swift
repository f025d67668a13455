/// What somebody is in a space. `Permission.roles` says what each may do there.
package enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    /// Looks and predicts.
    case viewer
    /// Builds: pushes models, and deploys where the space's policy lets developers.
    case developer
    /// Judges: decides on promotions, reports gates.
    case validator
    /// Runs: deploys, rolls out and back.
    case `operator`
    /// Everything in the space, its members and policy included.
    case owner
    /// Reports gates and nothing else. Only keys are limited to it; nobody is a member as one.
    case reporter

    /// The roles that a member may have, as they grow.
    package static let ofMembers: [Role] = [.viewer, .developer, .validator, .operator, .owner]

    fileprivate var bit: RoleSet {
        switch self {
        case .viewer: .viewer
        case .developer: .developer
        case .validator: .validator
        case .operator: .operator
        case .owner: .owner
        case .reporter: .reporter
        }
    }
}

/// Some roles, as bits: a prediction asks for them.
package struct RoleSet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package init(_ role: Role) { self = role.bit }

    package init(_ roles: some Sequence<Role>) {
        self = roles.reduce(into: []) { $0.insert($1.bit) }
    }

    package static let viewer = RoleSet(rawValue: 1 << 0)
    package static let developer = RoleSet(rawValue: 1 << 1)
    package static let validator = RoleSet(rawValue: 1 << 2)
    package static let `operator` = RoleSet(rawValue: 1 << 3)
    package static let owner = RoleSet(rawValue: 1 << 4)
    package static let reporter = RoleSet(rawValue: 1 << 5)
    /// Every role that a member may have.
    package static let members: RoleSet = [.viewer, .developer, .validator, .operator, .owner]
    package static let all: RoleSet = [.members, .reporter]

    package func contains(_ role: Role) -> Bool { contains(role.bit) }

    /// In the order of `Role.allCases`.
    package var roles: [Role] { Role.allCases.filter { contains($0.bit) } }

    /// `operator or owner`, for messages.
    var words: String {
        let names = roles.map(\.rawValue)
        guard let last = names.last, names.count > 1 else { return names.first ?? "none" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}

/// Which roles may change what runs in a space, where its policy says so; `nil` leaves it to the table.
package struct RoleRules: Sendable, Hashable, Codable {
    /// Also who may delete deployments, load and unload.
    package var deploy: Set<Role>?
    package var rollout: Set<Role>?
    package var rollback: Set<Role>?
    /// Who may approve of promotions, beside validators and owners.
    package var approve: Set<Role>?
    /// Who may approve of rollouts, beside validators and owners.
    package var approveRollouts: Set<Role>?

    package init(
        deploy: Set<Role>? = nil, rollout: Set<Role>? = nil, rollback: Set<Role>? = nil, approve: Set<Role>? = nil,
        approveRollouts: Set<Role>? = nil
    ) {
        self.deploy = deploy
        self.rollout = rollout
        self.rollback = rollback
        self.approve = approve
        self.approveRollouts = approveRollouts
    }

    /// The roles that may do it here.
    package func roles(for permission: Permission) -> RoleSet {
        switch permission {
        case .deploy, .deleteDeployments, .loadModels: deploy.map { RoleSet($0) } ?? permission.roles
        case .rollout: rollout.map { RoleSet($0) } ?? permission.roles
        case .rollback: rollback.map { RoleSet($0) } ?? permission.roles
        case .approvePromotions: permission.roles.union(approve.map { RoleSet($0) } ?? [])
        case .approveRollouts: permission.roles.union(approveRollouts.map { RoleSet($0) } ?? [])
        default: permission.roles
        }
    }
}
