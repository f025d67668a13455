/// Makes a space.
public struct SpaceRequest: Codable, Sendable, Hashable {
    public var name: String

    public init(name: String) {
        self.name = name
    }
}

/// A space, and how many models and deployments it has.
public struct SpaceInfo: Codable, Sendable, Hashable {
    public var name: String
    public var policy: SpacePolicy
    /// Models with a version that is available in the space.
    public var models: Int
    /// Endpoints that are deployed there now.
    public var deployments: Int
    /// RFC 3339, UTC.
    public var createdAt: String

    public init(name: String, policy: SpacePolicy, models: Int, deployments: Int, createdAt: String) {
        self.name = name
        self.policy = policy
        self.models = models
        self.deployments = deployments
        self.createdAt = createdAt
    }
}

/// What a space demands of where its models run.
public enum IsolationDemand: String, Codable, Sendable, Hashable, CaseIterable {
    /// Nothing: each deployment may choose.
    case any
    case shared
    case worker
}

/// What a space demands of the versions that come into it, and of everything that is deployed in it. What is absent
/// demands nothing; `docs/reference/policy.md` describes each field.
public struct SpacePolicy: Codable, Sendable, Hashable {
    /// Where versions may come from, by promotion only; a space without it takes pushes.
    public var promotesFrom: [String]?
    public var gates: [GatePolicy]?
    public var approvals: ApprovalPolicy?
    public var isolation: IsolationDemand
    /// The roles that may do it, where others than usual.
    public var deploy: [String]?
    public var rollout: [String]?
    public var rollback: [String]?
    /// Who has to approve of another version before it serves at an endpoint that serves already.
    public var rolloutApprovals: ApprovalPolicy?
    /// Whether nothing that serves may change, but back; and why.
    public var frozen: Bool?
    public var frozenReason: String?

    public init(
        isolation: IsolationDemand = .any, promotesFrom: [String]? = nil, gates: [GatePolicy]? = nil,
        approvals: ApprovalPolicy? = nil, deploy: [String]? = nil, rollout: [String]? = nil, rollback: [String]? = nil,
        rolloutApprovals: ApprovalPolicy? = nil, frozen: Bool? = nil, frozenReason: String? = nil
    ) {
        self.isolation = isolation
        self.promotesFrom = promotesFrom
        self.gates = gates
        self.approvals = approvals
        self.deploy = deploy
        self.rollout = rollout
        self.rollback = rollback
        self.rolloutApprovals = rolloutApprovals
        self.frozen = frozen
        self.frozenReason = frozenReason
    }
}

/// How many people have to approve of a version, and which.
public struct ApprovalPolicy: Codable, Sendable, Hashable {
    public var count: Int
    public var roles: [String]
    /// Whether an approver is neither who pushed the version nor who asked for its promotion.
    public var fourEyes: Bool

    public init(count: Int, roles: [String], fourEyes: Bool) {
        self.count = count
        self.roles = roles
        self.fourEyes = fourEyes
    }
}

/// One gate of a policy: a name, a kind, and the fields that this kind has.
public struct GatePolicy: Codable, Sendable, Hashable {
    public var name: String
    public var kind: String
    /// The models that it is for; absent for all.
    public var models: [String]?
    public var rule: [String: PolicyField]

    public init(name: String, kind: String, models: [String]? = nil, rule: [String: PolicyField] = [:]) {
        self.name = name
        self.kind = kind
        self.models = models
        self.rule = rule
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: PolicyKey.self)
        name = try values.decode(String.self, forKey: PolicyKey("name"))
        kind = try values.decode(String.self, forKey: PolicyKey("kind"))
        models = try values.decodeIfPresent([String].self, forKey: PolicyKey("models"))
        rule = [:]
        for key in values.allKeys where !["name", "kind", "models"].contains(key.stringValue) {
            rule[key.stringValue] = try values.decode(PolicyField.self, forKey: key)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: PolicyKey.self)
        for (name, field) in rule { try values.encode(field, forKey: PolicyKey(name)) }
        try values.encode(name, forKey: PolicyKey("name"))
        try values.encode(kind, forKey: PolicyKey("kind"))
        try values.encodeIfPresent(models, forKey: PolicyKey("models"))
    }
}

/// A value in a gate's rule, of whatever form.
public indirect enum PolicyField: Codable, Sendable, Hashable {
    case null
    case flag(Bool)
    case whole(Int)
    case number(Double)
    case text(String)
    case list([PolicyField])
    case mapping([String: PolicyField])

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let whole = try? value.decode(Int.self) {
            self = .whole(whole)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([PolicyField].self) {
            self = .list(list)
        } else {
            self = .mapping(try value.decode([String: PolicyField].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .flag(let flag): try value.encode(flag)
        case .whole(let whole): try value.encode(whole)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .mapping(let mapping): try value.encode(mapping)
        }
    }
}

private struct PolicyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

/// One revision of a space's policy.
public struct PolicyRevisionInfo: Codable, Sendable, Hashable {
    public var revision: Int
    public var policy: SpacePolicy
    /// RFC 3339, UTC.
    public var setAt: String
    public var setBy: String

    public init(revision: Int, policy: SpacePolicy, setAt: String, setBy: String) {
        self.revision = revision
        self.policy = policy
        self.setAt = setAt
        self.setBy = setBy
    }
}
