package import Journal

/// One snapshot, ready to be asked. Immutable; a change makes a new one.
package final class AccessTable: Sendable {
    package let generation: Int
    private let rules: [String: RoleRules]
    private let members: [String: [String: RoleSet]]
    private let admins: Set<String>
    private let keys: [String: HashedKey]

    package init(_ snapshot: AccessSnapshot) {
        generation = snapshot.generation
        rules = Dictionary(snapshot.spaces.map { ($0.name, $0.rules ?? RoleRules()) }) { first, _ in first }
        members = snapshot.members.reduce(into: [:]) { members, one in
            members[one.principal, default: [:]][one.space, default: []].insert(RoleSet(one.role))
        }
        admins = Set(snapshot.admins)
        keys = Dictionary(snapshot.keys.map { ($0.key.id, $0) }) { first, _ in first }
    }

    // MARK: who is it

    /// What became of a key that somebody came with.
    package enum KeyVerdict: Sendable {
        case accepted(Caller)
        /// There is no such key: a guess, perhaps.
        case unknown
        /// It is a key, and no longer valid: why.
        case ended(String)
    }

    /// Looks a key up. An id that nobody has costs as much as one that somebody has.
    package func caller(with text: KeyText, meters: KeyMeters, now: Timestamp) -> KeyVerdict {
        let found = keys[text.id]
        let isRight = text.matches(found?.secretHash ?? Self.nobodysHash)
        guard let key = found?.key, isRight else { return .unknown }
        guard key.revokedAt == nil else { return .ended("the key '\(key.id)' was revoked") }
        guard key.isValid(at: now) else { return .ended("the key '\(key.id)' has expired") }
        return .accepted(
            Caller(
                principal: Principal(id: key.principal), isAdmin: admins.contains(key.principal),
                grants: key.isIssuedByServer ? Self.own(key) : members[key.principal] ?? [:], key: key,
                meter: meters.meter(of: key)))
    }

    /// What a key of the server's own may: the roles that it is limited to, in the spaces that it is limited to.
    private static func own(_ key: APIKey) -> [String: RoleSet] {
        let roles = RoleSet(key.scope.roles ?? [])
        return Dictionary(uniqueKeysWithValues: (key.scope.spaces ?? []).map { ($0, roles) })
    }

    private static let nobodysHash = String(repeating: "0", count: 64)

    /// Somebody whom an OpenID provider vouches for.
    package func caller(_ identity: TokenIdentity) -> Caller {
        let names = [identity.principal] + identity.groups.map { Principal.groupPrefix + $0 }
        var grants = identity.grants
        for name in names { grants.merge(members[name] ?? [:]) { $0.union($1) } }
        return Caller(
            principal: Principal(id: identity.principal),
            isAdmin: identity.isAdmin || names.contains(where: admins.contains), grants: grants,
            everywhere: identity.everywhere, expiresAt: identity.expiresAt)
    }

    // MARK: what may they

    /// The one function that says who may do what; both ports ask it.
    ///
    /// Throws `notFound` for a space that is not there and for one that the caller has no role in, in the same words, and
    /// for an endpoint that their key does not reach; `refused` where their role is too low.
    package func authorise(
        _ caller: Caller, _ permission: Permission, space: String, endpoint: AskedEndpoint = .none
    ) throws(ControlError) {
        switch permission.reach {
        case .open: return
        case .admin:
            guard caller.isAdmin, !caller.scope.isLimited else { throw refusal(caller, permission) }
        case .server:
            let isOwn = permission == .manageKeys && caller.scope.isLimited
            guard caller.scopeAllows(permission.roles), !isOwn else { throw refusal(caller, permission) }
        case .space:
            let roles = caller.roles(in: space)
            guard let rules = rules[space], !roles.isEmpty else { throw ControlError.spaceNotFound(space) }
            let needed = rules.roles(for: permission)
            guard !roles.isDisjoint(with: needed), caller.scopeAllows(needed) else {
                throw refusal(caller, permission, space: space, needed: needed)
            }
            try checkEndpoint(caller, permission, space, endpoint)
        }
    }

    /// Whether the space is there.
    package func has(space: String) -> Bool { rules[space] != nil }

    private func checkEndpoint(
        _ caller: Caller, _ permission: Permission, _ space: String, _ endpoint: AskedEndpoint
    ) throws(ControlError) {
        guard caller.scope.endpoints != nil else { return }
        guard permission == .predict || permission == .viewDeployments else {
            throw refusal(caller, permission, space: space)
        }
        switch endpoint {
        case .later: return
        case .named(let name) where caller.reaches(endpoint: name): return
        case .named(let name):
            throw ControlError(
                .notFound, "there is no endpoint '\(Name.excerpt(of: name, limit: 128))' in space '\(space)'",
                field: "endpoint")
        case .none: throw refusal(caller, permission, space: space)
        }
    }

    private func refusal(
        _ caller: Caller, _ permission: Permission, space: String? = nil, needed: RoleSet? = nil
    ) -> ControlError {
        let place = space.map { " in space '\($0)'" } ?? ""
        let who = caller.key.map { "the key '\($0.id)' of '\(caller.principal.id)'" } ?? "'\(caller.principal.id)'"
        let hint: String
        switch (space, needed) {
        case (_, let needed?) where !needed.isEmpty:
            hint = "that takes the role \(needed.words); an owner of the space can give it: `slipway member add`"
        case (.some, _): hint = "the key is limited to some endpoints"
        case (.none, _):
            hint =
                permission.reach == .admin
                ? "only an owner of the server may, with a key that is not limited"
                : "the key is limited to less"
        }
        return ControlError(.refused, "\(who) may not \(permission.words)\(place)", hint: hint)
    }
}

/// What a token says of its bearer, with what the configuration makes of their groups.
package struct TokenIdentity: Sendable, Hashable {
    /// `oidc:` and the subject.
    package var principal: String
    package var groups: [String]
    package var isAdmin: Bool
    package var grants: [String: RoleSet]
    package var everywhere: RoleSet
    /// In microseconds since 1970.
    package var expiresAt: Int

    package init(
        principal: String, groups: [String], isAdmin: Bool = false, grants: [String: RoleSet] = [:],
        everywhere: RoleSet = [], expiresAt: Int
    ) {
        self.principal = principal
        self.groups = groups
        self.isAdmin = isAdmin
        self.grants = grants
        self.everywhere = everywhere
        self.expiresAt = expiresAt
    }
}
