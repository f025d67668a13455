package import Identity

/// Whose tokens are taken, and what their claims mean.
package struct OpenIDSettings: Sendable, Hashable {
    /// As tokens name it; its keys are found from here.
    package var issuer: String
    /// Who tokens must be meant for.
    package var audience: String
    /// The claim that names the bearer.
    package var principalClaim: String
    /// The claim that lists their groups.
    package var groupsClaim: String
    /// What the configuration gives the members of a group.
    package var groups: [String: GroupGrant]
    /// Seconds by which clocks may differ.
    package var leewaySeconds: Int

    package init(
        issuer: String, audience: String, principalClaim: String = "sub", groupsClaim: String = "groups",
        groups: [String: GroupGrant] = [:], leewaySeconds: Int = 30
    ) {
        self.issuer = issuer
        self.audience = audience
        self.principalClaim = principalClaim
        self.groupsClaim = groupsClaim
        self.groups = groups
        self.leewaySeconds = leewaySeconds
    }

    /// What the members of one group may do.
    package struct GroupGrant: Sendable, Hashable {
        package var isAdmin: Bool
        package var spaces: [String: RoleSet]
        /// In every space.
        package var everywhere: RoleSet

        package init(isAdmin: Bool = false, spaces: [String: RoleSet] = [:], everywhere: RoleSet = []) {
            self.isAdmin = isAdmin
            self.spaces = spaces
            self.everywhere = everywhere
        }
    }
}

/// Fetches the documents of a provider.
package protocol ProviderDocuments: Sendable {
    /// The body of a successful answer. Follows no redirect and takes at most `limit` bytes.
    func document(at url: String, limit: Int) async throws -> [UInt8]
}
