import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MemberRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take somebody's role in a space away; it holds for the next request.")

    @Argument(help: "Who: as `slipway member list` names them.")
    var principal: String

    @Flag(help: "Take them from the server's owners instead.")
    var admin = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            if admin {
                let removed = try await session.client.removeAdmin(principal)
                if session.format == .json { return try session.printJSON(removed) }
                session.console.print("\(principal) no longer owns the server")
            } else {
                let removed = try await session.client.removeMember(principal)
                if session.format == .json { return try session.printJSON(removed) }
                session.console.print("\(principal) is no longer a member of space \(session.space)")
            }
        }
    }
}
