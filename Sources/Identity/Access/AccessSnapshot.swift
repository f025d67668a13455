/// Everything that says who may do what, as one immutable value without handles: the control plane makes it, the data
/// plane installs it, and no request asks the database.
package struct AccessSnapshot: Sendable, Hashable, Codable {
    /// Raised when the meaning of a field changes.
    package static let currentFormat = 1

    package var format: Int
    /// The control plane's generation that it shows; an older one is never installed over a newer.
    package var generation: Int
    package var spaces: [SpaceAccess]
    package var members: [Membership]
    /// The principals who own the server.
    package var admins: [String]
    /// All keys, those that have ended too: whoever comes with one is told so.
    package var keys: [HashedKey]

    package init(
        generation: Int, spaces: [SpaceAccess], members: [Membership] = [], admins: [String] = [],
        keys: [HashedKey] = []
    ) {
        self.format = Self.currentFormat
        self.generation = generation
        self.spaces = spaces
        self.members = members
        self.admins = admins
        self.keys = keys
    }
}

/// A space, and what its policy says of roles.
package struct SpaceAccess: Sendable, Hashable, Codable {
    package var name: String
    /// `nil` where the policy says nothing.
    package var rules: RoleRules?

    package init(name: String, rules: RoleRules? = nil) {
        self.name = name
        self.rules = rules
    }
}

/// One principal's role in one space.
package struct Membership: Sendable, Hashable, Codable {
    package var space: String
    package var principal: String
    package var role: Role

    package init(space: String, principal: String, role: Role) {
        self.space = space
        self.principal = principal
        self.role = role
    }
}
