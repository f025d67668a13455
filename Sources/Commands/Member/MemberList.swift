import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MemberList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the members of a space and their roles.")

    @Flag(help: "List the server's owners instead.")
    var admin = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            if admin { return try await listAdmins(session) }
            let members = try await allItems { page in try await session.client.members(after: page) }
            if session.format == .json { return try session.printJSON(members) }
            guard !members.isEmpty else {
                return session.console.print(
                    "space \(session.space) has no members; "
                        + "next: slipway member add NAME --role developer\(session.flags)")
            }
            session.print(
                Table(
                    columns: [
                        .init(title: "MEMBER", mayShrink: true), .init(title: "ROLE"), .init(title: "SINCE"),
                        .init(title: "BY", mayShrink: true),
                    ],
                    rows: members.map { [$0.principal, $0.role.rawValue, Age.text($0.createdAt), $0.createdBy] }))
        }
    }

    private func listAdmins(_ session: Session) async throws {
        let admins = try await session.client.admins().items
        if session.format == .json { return try session.printJSON(admins) }
        session.print(
            Table(
                columns: [
                    .init(title: "OWNER", mayShrink: true), .init(title: "SINCE"), .init(title: "BY", mayShrink: true),
                ],
                rows: admins.map { [$0.principal, Age.text($0.createdAt), $0.createdBy] }))
    }
}
