/// What somebody is in a space. Roles are not ranks: who is two things has two roles.
package enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case viewer, developer, validator, `operator`, owner

    /// The roles that a member may have, as they grow.
    package static let ofMembers: [Role] = [.viewer, .developer, .validator, .operator, .owner]
}
