import ArgumentParser
import SlipwayClient

struct RepositoryPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Have no run of a repository begun until it is resumed.")

    @Argument(help: "The repository's name.")
    var name: String

    @Option(help: "Why, for the record.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.pauseRepository(name, reason: reason)
            if session.format == .json { return try session.printJSON(info) }
            session.console.print("\(name) is paused: what is under way goes on, nothing new is begun")
        }
    }
}

struct RepositoryResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let runs of a paused repository begin again.")

    @Argument(help: "The repository's name.")
    var name: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.resumeRepository(name)
            if session.format == .json { return try session.printJSON(info) }
            session.console.print("runs of \(name) begin again")
        }
    }
}
