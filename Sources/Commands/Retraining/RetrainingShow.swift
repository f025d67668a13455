import ArgumentParser
import SlipwayClient

struct RetrainingShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a retraining run: why it was begun, how it ended, what came of it.")

    @Argument(help: "The run's number.")
    var run: RunNumber

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.retrainingRun(run.number)
            if session.format == .json { return try session.printJSON(info) }
            RetrainingText.print(info, session)
        }
    }
}
