import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RepositoryRotateSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-secret",
        abstract: "Make another secret for the messages about a repository, and print it.",
        discussion: """
            The one before is worth nothing at once: enter the new one where the Git service has its webhooks.
            """)

    @Argument(help: "The repository's name.")
    var name: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.rotateRepositorySecret(name)
            if session.format == .json { return try session.printJSON(info) }
            session.console.say(
                "the secret that messages to \(session.client.server)\(info.path) are signed with, shown this once:")
            session.console.print(info.secret)
        }
    }
}
