import ArgumentParser
import SlipwayClient

struct RepositoryRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a repository; its runs stay on record.")

    @Argument(help: "The repository's name.")
    var name: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            try await session.client.removeRepository(name)
            if session.format == .json { return try session.printJSON([String: String]()) }
            session.console.print("removed the repository \(name) from space \(session.space)")
        }
    }
}
