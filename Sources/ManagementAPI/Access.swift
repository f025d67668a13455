/// What a member may be in a space, and what a key may be limited to.
public enum RoleName: String, Codable, Sendable, Hashable, CaseIterable {
    case viewer, developer, validator, `operator`, owner
    /// Keys only: reports external gates and does nothing else.
    case reporter
}

/// Who the server takes the caller for.
public struct CallerInfo: Codable, Sendable, Hashable {
    public var principal: String
    /// Whether they own the server.
    public var isAdmin: Bool
    /// The id of the key that they came with.
    public var key: String?
    /// The space that is meant where a request names none.
    public var home: String
    /// When their credentials end.
    public var expiresAt: String?
    /// The spaces that they see.
    public var spaces: [SpaceRoles]

    /// A space, and what the caller is there.
    public struct SpaceRoles: Codable, Sendable, Hashable {
        public var space: String
        public var roles: [RoleName]

        public init(space: String, roles: [RoleName]) {
            self.space = space
            self.roles = roles
        }
    }

    public init(
        principal: String, isAdmin: Bool, key: String?, home: String, expiresAt: String?, spaces: [SpaceRoles]
    ) {
        self.principal = principal
        self.isAdmin = isAdmin
        self.key = key
        self.home = home
        self.expiresAt = expiresAt
        self.spaces = spaces
    }
}

/// A member of a space.
public struct MemberInfo: Codable, Sendable, Hashable {
    public var space: String
    /// A name (`alice`), somebody of an OpenID provider (`oidc:SUBJECT`) or one of its groups (`group:NAME`).
    public var principal: String
    public var role: RoleName
    public var createdAt: String
    public var createdBy: String

    public init(space: String, principal: String, role: RoleName, createdAt: String, createdBy: String) {
        self.space = space
        self.principal = principal
        self.role = role
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// What somebody is in a space, as the entity tag of their membership says it.
public enum MemberState: Sendable, Hashable {
    case nobody
    case role(RoleName)

    /// `"operator"`, or `"none"` where they are no member; without the quotes.
    public var tag: String {
        switch self {
        case .nobody: "none"
        case .role(let role): role.rawValue
        }
    }

    public init?(tag: String) {
        if tag == "none" {
            self = .nobody
        } else if let role = RoleName(rawValue: tag), role != .reporter {
            self = .role(role)
        } else {
            return nil
        }
    }
}

/// What somebody is to be in a space.
public struct MemberRequest: Codable, Sendable, Hashable {
    public var role: RoleName

    public init(role: RoleName) {
        self.role = role
    }
}

/// An owner of the server.
public struct AdminInfo: Codable, Sendable, Hashable {
    public var principal: String
    public var createdAt: String
    public var createdBy: String

    public init(principal: String, createdAt: String, createdBy: String) {
        self.principal = principal
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// How much a key may ask for; what is absent is not limited.
public struct KeyLimits: Codable, Sendable, Hashable {
    public var requestsPerSecond: Int?
    public var rowsPerSecond: Int?
    /// A month of the calendar, in UTC.
    public var requestsPerMonth: Int?
    public var rowsPerMonth: Int?

    public init(
        requestsPerSecond: Int? = nil, rowsPerSecond: Int? = nil, requestsPerMonth: Int? = nil, rowsPerMonth: Int? = nil
    ) {
        self.requestsPerSecond = requestsPerSecond
        self.rowsPerSecond = rowsPerSecond
        self.requestsPerMonth = requestsPerMonth
        self.rowsPerMonth = rowsPerMonth
    }

    public var isEmpty: Bool { self == KeyLimits() }
}

/// A key that is asked for; what is absent is not limited.
public struct KeyRequest: Codable, Sendable, Hashable {
    /// What its owner calls it.
    public var name: String?
    /// Whose it is to be; the caller's own when absent.
    public var principal: String?
    /// The space that is meant where a request names none.
    public var home: String?
    public var spaces: [String]?
    public var roles: [RoleName]?
    public var endpoints: [String]?
    public var limits: KeyLimits?
    /// It does not expire when absent.
    public var expiresInSeconds: Int?

    public init(
        name: String? = nil, principal: String? = nil, home: String? = nil, spaces: [String]? = nil,
        roles: [RoleName]? = nil, endpoints: [String]? = nil, limits: KeyLimits? = nil, expiresInSeconds: Int? = nil
    ) {
        self.name = name
        self.principal = principal
        self.home = home
        self.spaces = spaces
        self.roles = roles
        self.endpoints = endpoints
        self.limits = limits
        self.expiresInSeconds = expiresInSeconds
    }
}

/// How a key is rotated.
public struct RotateRequest: Codable, Sendable, Hashable {
    /// How long the old key stays valid; a day when absent.
    public var overlapSeconds: Int?

    public init(overlapSeconds: Int? = nil) {
        self.overlapSeconds = overlapSeconds
    }
}

/// A key as everybody may know it who may see it: without its secret.
public struct KeyInfo: Codable, Sendable, Hashable {
    public enum State: String, Codable, Sendable, Hashable, CaseIterable {
        case valid, expired, revoked
    }

    /// What a key with a limit for a month has used in this one, the keys that it was rotated from included.
    public struct Usage: Codable, Sendable, Hashable {
        public var requests: Int
        public var rows: Int

        public init(requests: Int, rows: Int) {
            self.requests = requests
            self.rows = rows
        }
    }

    /// The part between `slw_` and the secret.
    public var id: String
    public var name: String
    public var principal: String
    public var state: State
    public var home: String?
    public var spaces: [String]?
    public var roles: [RoleName]?
    public var endpoints: [String]?
    public var limits: KeyLimits
    public var usage: Usage?
    public var createdAt: String
    public var createdBy: String
    public var expiresAt: String?
    public var revokedAt: String?
    /// The key that it was rotated to.
    public var replacedBy: String?

    public init(
        id: String, name: String, principal: String, state: State, home: String?, spaces: [String]?, roles: [RoleName]?,
        endpoints: [String]?, limits: KeyLimits, usage: Usage?, createdAt: String, createdBy: String,
        expiresAt: String?, revokedAt: String?, replacedBy: String?
    ) {
        self.id = id
        self.name = name
        self.principal = principal
        self.state = state
        self.home = home
        self.spaces = spaces
        self.roles = roles
        self.endpoints = endpoints
        self.limits = limits
        self.usage = usage
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.replacedBy = replacedBy
    }
}

/// A new key: the only time that it is shown.
public struct NewKey: Codable, Sendable, Hashable {
    /// The whole key, as it has to be sent.
    public var key: String
    public var info: KeyInfo

    public init(key: String, info: KeyInfo) {
        self.key = key
        self.info = info
    }
}
