import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MemberAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make somebody a member of a space, or give them another role.",
        discussion: """
            It holds for the next request, on connections that are open too.

              slipway member add alice --role developer --space dev
              slipway member add group:ml-ops --role operator --space prod
            """)

    @Argument(help: "Who: a name, oidc:SUBJECT or group:NAME.")
    var principal: String

    @Option(
        help: ArgumentHelp("The role.", valueName: MemberRole.names.joined(separator: "|")),
        transform: { try MemberRole($0) })
    var role: MemberRole

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            switch role {
            case .admin:
                let admin = try await session.client.addAdmin(principal)
                if session.format == .json { return try session.printJSON(admin) }
                session.console.print("\(principal) owns the server")
            case .inSpace(let role):
                let member = try await session.client.setMember(principal, role: role)
                if session.format == .json { return try session.printJSON(member) }
                session.console.print("\(principal) is \(role.rawValue) in space \(session.space)")
            }
        }
    }
}
