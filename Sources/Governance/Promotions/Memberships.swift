package import Identity
package import Journal

/// Whom a space has.
package protocol Memberships: Sendable {
    /// The ids of those who have one of the roles there, as far as they are known.
    func members(of space: String, having roles: [Role]) async throws(ControlError) -> [String]
}

extension MemberService: Memberships {}

/// A server that asks nobody who they are knows nobody.
package struct OpenMemberships: Memberships {
    package init() {}

    package func members(of space: String, having roles: [Role]) async throws(ControlError) -> [String] { [] }
}
