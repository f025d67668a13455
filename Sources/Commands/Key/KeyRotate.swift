import ArgumentParser
import ManagementAPI
import SlipwayClient

struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a key in the place of another, which stays valid for a while.",
        discussion: """
            The new key has the owner, the scope and the limits of the old one, and goes on with
            what was counted.

              slipway key rotate k3xq8d2mzn0p --overlap 2h
            """)

    @Argument(help: "The key's id: what stands between slw_ and the secret.")
    var key: String

    @Option(
        help: ArgumentHelp("How long the old key stays valid (default: 1d; 0s ends it at once).", valueName: "2h"),
        transform: { try Lifetime.seconds($0) })
    var overlap: Int?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            try KeyText.show(try await session.client.rotateKey(key, overlapSeconds: overlap), session)
        }
    }
}
