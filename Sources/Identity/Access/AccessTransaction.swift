package import Journal

/// What Identity needs of the database.
package protocol AccessTransaction {
    func hasSpace(_ name: String) throws -> Bool
    /// What the space's policy says of roles; `nil` where it says nothing.
    func roleRules(of space: String) throws -> RoleRules?
    /// Everything that says who may do what, with the generation it belongs to.
    func accessSnapshot() throws -> AccessSnapshot

    func member(_ principal: String, of space: String) throws -> Member?
    /// In the order of principals, those after `after`, at most `limit`.
    func members(of space: String, after: String?, limit: Int) throws -> [Member]
    /// Adds a member, or gives them another role.
    func setMember(_ principal: String, of space: String, role: Role, by: Principal) throws
    func removeMember(_ principal: String, of space: String) throws

    /// In the order of principals.
    func admins() throws -> [Admin]
    func addAdmin(_ principal: String, by: Principal) throws
    func removeAdmin(_ principal: String) throws

    func key(_ id: String) throws -> APIKey?
    /// Of one principal, or of all; in the order of ids, those after `after`, at most `limit`.
    func keys(of principal: String?, after: String?, limit: Int) throws -> [APIKey]
    func insert(_ key: HashedKey) throws
    /// Ends a key, at once or when `expiresAt` comes.
    func end(_ id: String, revokedAt: Timestamp?, expiresAt: Timestamp?, replacedBy: String?) throws
    /// Keys with limits for a month that have not ended.
    func monthlyKeys() throws -> Int
    /// One time for everything that the transaction does.
    var moment: Timestamp { get }
}

/// Where Identity keeps what it remembers.
package typealias AccessUnitOfWork = any UnitOfWork<any AccessTransaction>

/// A member of a space.
package struct Member: Sendable, Hashable, Codable {
    package var space: String
    package var principal: String
    package var role: Role
    package var createdAt: Timestamp
    package var createdBy: String

    package init(space: String, principal: String, role: Role, createdAt: Timestamp, createdBy: String) {
        self.space = space
        self.principal = principal
        self.role = role
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// An owner of the server.
package struct Admin: Sendable, Hashable, Codable {
    package var principal: String
    package var createdAt: Timestamp
    package var createdBy: String

    package init(principal: String, createdAt: Timestamp, createdBy: String) {
        self.principal = principal
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}
