import ArgumentParser
import ManagementAPI

struct MemberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member", abstract: "Say who may do what in a space.",
        discussion: """
            Somebody is a name that keys are made for (alice, ci-churn), a person of your OpenID
            provider (oidc:SUBJECT) or one of its groups (group:NAME). Roles:

              viewer     looks and predicts
              developer  also pushes models, and deploys where the space's policy lets developers
              validator  also decides on promotions and reports gates
              operator   also deploys, rolls out and back, deletes deployments
              owner      everything in the space, members and policy included
              admin      owns the server: every space, and making and deleting them
            """,
        subcommands: [MemberAdd.self, MemberRemove.self, MemberList.self])
}

/// What `--role` takes: a role in a space, or the server's owner.
enum MemberRole: Hashable, Sendable {
    case inSpace(RoleName)
    case admin

    static let names = RoleName.allCases.filter { $0 != .reporter }.map(\.rawValue) + ["admin"]

    init(_ text: String) throws(ValidationError) {
        if text == "admin" {
            self = .admin
        } else if let role = RoleName(rawValue: text), role != .reporter {
            self = .inSpace(role)
        } else {
            throw ValidationError("'\(text)' is no role; there are \(Self.names.joined(separator: ", "))")
        }
    }
}
