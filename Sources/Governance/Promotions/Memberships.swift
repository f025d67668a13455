package import Identity
package import Journal

/// Who is what in a space.
package protocol Memberships: Sendable {
    func roles(of principal: Principal, in space: String) async throws(ControlError) -> Set<Role>
    /// The ids of those who have one of the roles there, as far as they are known.
    func members(of space: String, having roles: [Role]) async throws(ControlError) -> [String]
}

/// A server that asks nobody who they are: everyone is everything.
package struct OpenMemberships: Memberships {
    package init() {}

    package func roles(of principal: Principal, in space: String) async throws(ControlError) -> Set<Role> {
        Set(Role.allCases)
    }

    package func members(of space: String, having roles: [Role]) async throws(ControlError) -> [String] { [] }
}
