import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RetrainingCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a retraining run: its command, and all that it started.")

    @Argument(help: "The run's number.")
    var run: RunNumber

    @Option(help: "Why, for the record.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.cancelRetraining(run.number, reason: reason)
            if session.format == .json { return try session.printJSON(info) }
            session.console.print("retraining run \(info.run) is \(RetrainingText.state(info.state)): \(info.message)")
        }
    }
}
