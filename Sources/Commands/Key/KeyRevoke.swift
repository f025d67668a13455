import ArgumentParser
import ManagementAPI
import SlipwayClient

struct KeyRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a key: the next request that comes with it is refused.")

    @Argument(help: "The key's id: what stands between slw_ and the secret.")
    var key: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let revoked = try await session.client.revokeKey(key)
            if session.format == .json { return try session.printJSON(revoked) }
            session.console.print("the key \(revoked.id) of \(revoked.principal) opens nothing any more")
        }
    }
}
