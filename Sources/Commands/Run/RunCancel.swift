import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RunCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a run, with what it started and what it asked for.")

    @Argument(help: "The run's number.")
    var run: RunNumber

    @Option(help: "Why, for the record.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.cancelGitRun(run.number, reason: reason)
            if session.format == .json { return try session.printJSON(info) }
            session.console.print("run \(info.run) is \(info.state.rawValue): \(info.message)")
        }
    }
}
