package import Journal

/// Who asks, and what they may, as worked out once: connections keep it for as long as the same credentials come and
/// nothing about access has changed.
package final class Caller: Sendable {
    package let principal: Principal
    /// Whether they own the server.
    package let isAdmin: Bool
    /// The space that is meant where a request names none; `nil` for `default`.
    package let home: String?
    /// When the credentials end, in microseconds since 1970; `nil` when they do not.
    package let expiresAt: Int?
    /// The key that they came with.
    package let key: APIKey?
    /// What counts their requests; `nil` where nothing is limited.
    package let meter: KeyMeter?

    private let grants: [String: RoleSet]
    /// In every space.
    private let everywhere: RoleSet
    let scope: KeyScope
    private let scopeRoles: RoleSet

    /// - Parameters:
    ///   - grants: roles by space.
    ///   - everywhere: roles in all spaces, those to come too.
    init(
        principal: Principal, isAdmin: Bool, grants: [String: RoleSet], everywhere: RoleSet = [], key: APIKey? = nil,
        expiresAt: Int? = nil, meter: KeyMeter? = nil
    ) {
        self.principal = principal
        self.isAdmin = isAdmin
        self.grants = grants
        self.everywhere = isAdmin ? everywhere.union(.owner) : everywhere
        self.key = key
        self.scope = key?.scope ?? KeyScope()
        self.scopeRoles = scope.roles.map { RoleSet($0) } ?? .all
        self.home = scope.home
        self.expiresAt = key?.expiresAt?.microseconds ?? expiresAt
        self.meter = meter
    }

    /// Everyone who reaches a server that asks nobody who they are.
    package static let local = Caller(principal: .local, isAdmin: true, grants: [:])

    /// Somebody who was not asked: they have no role anywhere.
    package static let anonymous = Caller(principal: Principal(id: "anonymous"), isAdmin: false, grants: [:])

    /// Their roles in a space, the limits of their key to spaces included; empty for a space that they may not see.
    package func roles(in space: String) -> RoleSet {
        if let spaces = scope.spaces, !spaces.contains(space) { return [] }
        return everywhere.union(grants[space] ?? [])
    }

    /// Whether they may know that the space is there.
    package func sees(space: String) -> Bool { !roles(in: space).isEmpty }

    /// Whether their key reaches the endpoint. `nil` is a question about more than one.
    package func reaches(endpoint: String?) -> Bool {
        guard let endpoints = scope.endpoints else { return true }
        return endpoint.map { endpoints.contains($0) } ?? false
    }

    /// Whether the key's own roles would do.
    func scopeAllows(_ roles: RoleSet) -> Bool { scope.roles == nil || !scopeRoles.isDisjoint(with: roles) }
}

/// What a request says about the endpoint that it is for, when it is asked whether it may.
package enum AskedEndpoint: Sendable {
    /// None, or all of a space.
    case none
    case named(String)
    /// A message will say it: then `Caller.reaches` has to be asked.
    case later
}
