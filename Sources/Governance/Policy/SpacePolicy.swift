package import Documents
package import Identity
package import Serving

/// What a space demands: of versions that are to become available in it, and of everything that is deployed in it.
package struct SpacePolicy: Sendable, Hashable {
    package static let maximumGates = 64

    /// The spaces that versions may come from, by promotion only; empty for a space that takes pushes.
    package var promotesFrom: [String]
    /// In the order in which they are run and shown.
    package var gates: [GateDemand]
    package var approvals: ApprovalDemand
    /// `nil` demands nothing: each deployment may choose.
    package var isolation: Isolation?
    /// Who may do what; `nil` where the roles' own rules hold.
    package var deploy: [Role]?
    package var rollout: [Role]?
    package var rollback: [Role]?
    /// How many people have to approve of a rollout, and which.
    package var rolloutApprovals: ApprovalDemand
    /// Why nothing that serves may change, but back; `nil` when it may. The reason may be empty.
    package var freeze: String?
    /// 0 before it was first set, then 1, 2, 3 ...
    package var revision: Int

    package init(
        promotesFrom: [String] = [], gates: [GateDemand] = [], approvals: ApprovalDemand = .none,
        isolation: Isolation? = nil, deploy: [Role]? = nil, rollout: [Role]? = nil, rollback: [Role]? = nil,
        rolloutApprovals: ApprovalDemand = .none, freeze: String? = nil, revision: Int = 0
    ) {
        self.promotesFrom = promotesFrom
        self.gates = gates
        self.approvals = approvals
        self.isolation = isolation
        self.deploy = deploy
        self.rollout = rollout
        self.rollback = rollback
        self.rolloutApprovals = rolloutApprovals
        self.freeze = freeze
        self.revision = revision
    }

    /// The gates that a version of `model` has to pass.
    package func gates(for model: String) -> [GateDemand] { gates.filter { $0.models?.contains(model) ?? true } }

    /// Where a model runs whose deployment wants `option`, and who decided: the space goes before the deployment, so that
    /// a demand also holds for what was deployed before it.
    package func isolation(wanted option: Isolation?) -> (Isolation, IsolationReason) {
        if let isolation { return (isolation, .space) }
        if let option { return (option, .deployment) }
        return (.shared, .standard)
    }

    /// The same demands, whatever their revision.
    package func demandsSame(as other: SpacePolicy) -> Bool {
        var other = other
        other.revision = revision
        return self == other
    }
}

/// How many people have to approve of a version, and which.
package struct ApprovalDemand: Sendable, Hashable, Codable {
    package static let none = ApprovalDemand(count: 0)

    package var count: Int
    /// An approver has one of them in the target space.
    package var roles: [Role]
    /// Whether an approver is neither who pushed the version nor who asked for the promotion.
    package var fourEyes: Bool

    package init(count: Int, roles: [Role] = [.validator], fourEyes: Bool = true) {
        self.count = count
        self.roles = roles
        self.fourEyes = fourEyes
    }
}

/// One gate as the policy names it.
package struct GateDemand: Sendable, Hashable {
    package var name: String
    package var rule: GateRule
    /// The models that it is for; `nil` for all.
    package var models: [String]?
    /// The rule's own fields as they were written, to be shown again.
    package var fields: [String: DocumentValue]

    package var kind: GateKind { rule.kind }

    package init(name: String, rule: GateRule, models: [String]? = nil, fields: [String: DocumentValue] = [:]) {
        self.name = name
        self.rule = rule
        self.models = models
        self.fields = fields
    }
}
