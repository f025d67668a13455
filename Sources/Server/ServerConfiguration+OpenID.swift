import Gateway
import Identity
import Journal
import Yams

/// The OpenID provider, and what its groups may do: the one setting that is more than a value, and only in the file.
///
///     oidc_groups:
///       platform: admin
///       ml-ops:
///         prod: operator
///         "*": viewer
extension ServerConfiguration {
    package static let groupsSetting = "oidc_groups"

    mutating func readGroups(_ node: Node, _ origin: String) throws(ConfigurationError) {
        guard case .mapping(let groups) = node else { throw Self.groupsFault("must hold `GROUP:` lines", origin) }
        for (groupNode, value) in groups {
            guard let group = groupNode.scalar?.string, !group.isEmpty else {
                throw Self.groupsFault("has a group without a name", origin)
            }
            if let word = value.scalar?.string {
                guard word == "admin" else {
                    throw Self.groupsFault("gives '\(group)' the unknown word '\(word)'; there is admin", origin)
                }
                oidcGroups[group] = ["": word]
            } else if case .mapping(let spaces) = value {
                oidcGroups[group] = try Self.grants(spaces, group, origin)
            } else {
                throw Self.groupsFault("must give '\(group)' either admin or `SPACE: ROLE` lines", origin)
            }
        }
    }

    private static func grants(
        _ spaces: Node.Mapping, _ group: String, _ origin: String
    ) throws(ConfigurationError) -> [String: String] {
        var grants: [String: String] = [:]
        for (spaceNode, roleNode) in spaces {
            let space = spaceNode.scalar?.string ?? ""
            guard space == "*" || Name.isValid(space) else {
                throw groupsFault("gives '\(group)' a role in '\(space)', which is not a space's name", origin)
            }
            let word = roleNode.scalar?.string ?? ""
            guard let role = Role(rawValue: word), Role.ofMembers.contains(role) else {
                let names = Role.ofMembers.map(\.rawValue).joined(separator: ", ")
                throw groupsFault("gives '\(group)' the unknown role '\(word)'; there are \(names)", origin)
            }
            grants[space] = word
        }
        return grants
    }

    private static func groupsFault(_ what: String, _ origin: String) -> ConfigurationError {
        ConfigurationError(field: groupsSetting, message: "\(origin): \(groupsSetting) \(what)")
    }

    func validateProvider() throws(ConfigurationError) {
        guard let oidcIssuer else {
            guard oidcAudience == nil, oidcGroups.isEmpty else {
                throw ConfigurationError(
                    field: "oidc_issuer",
                    message: "oidc_audience and oidc_groups need oidc_issuer: whose tokens are meant?")
            }
            return
        }
        guard let oidcAudience, !oidcAudience.isEmpty else {
            throw ConfigurationError(
                field: "oidc_audience",
                message: "oidc_issuer needs oidc_audience: else tokens that were made for others would be taken")
        }
        let isLocal = ["http://127.0.0.1", "http://localhost", "http://[::1]"].contains { oidcIssuer.hasPrefix($0) }
        guard oidcIssuer.hasPrefix("https://") || isLocal else {
            throw ConfigurationError(
                field: "oidc_issuer",
                message: "oidc_issuer must begin with https://, got '\(Name.excerpt(of: oidcIssuer))': "
                    + "whoever could change its keys on the way could make tokens")
        }
        guard auth != false else {
            throw ConfigurationError(
                field: "auth", message: "oidc_issuer is set, and nobody would be asked for a token: take --no-auth away"
            )
        }
    }

    /// `nil` where no provider is trusted.
    var provider: OpenIDSettings? {
        guard let oidcIssuer, let oidcAudience else { return nil }
        let groups = oidcGroups.mapValues { spaces in
            var grant = OpenIDSettings.GroupGrant(isAdmin: spaces[""] != nil)
            for (space, word) in spaces {
                guard let role = Role(rawValue: word) else { continue }
                if space == "*" { grant.everywhere.insert(RoleSet(role)) } else { grant.spaces[space] = RoleSet(role) }
            }
            return grant
        }
        return OpenIDSettings(
            issuer: oidcIssuer, audience: oidcAudience, principalClaim: oidcPrincipalClaim,
            groupsClaim: oidcGroupsClaim, groups: groups)
    }
}
