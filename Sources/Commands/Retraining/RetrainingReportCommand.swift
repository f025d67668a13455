import ArgumentParser
import SlipwayClient

struct RetrainingReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Say how a run went that was another system's to do.",
        discussion: """
            For rules with a webhook. What was pushed in the run's name (SLIPWAY_RUN) before then goes on as the rule says.

              slipway retraining report 7
              slipway retraining report 7 --failed --message "too few rows"
            """)

    @Argument(help: "The run's number.")
    var run: RunNumber

    @Flag(help: "It failed.")
    var failed = false

    @Option(help: "What there is to say about it.")
    var message: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.reportRetraining(run.number, succeeded: !failed, message: message)
            if session.format == .json { return try session.printJSON(info) }
            RetrainingText.print(info, session)
        }
    }
}
