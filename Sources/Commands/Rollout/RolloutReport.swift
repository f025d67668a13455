import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Show what an A/B or shadow rollout has found out by comparing.",
        discussion: """
            The rollout that is open; else the last one. Every interval holds at all times at once: look as often as \
            you like, and stop when you like.
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(name: .customLong("rollout"), help: ArgumentHelp("Another one.", valueName: "number"))
    var number: Int?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let report = try await session.client.rolloutReport(of: endpoint, number)
            if session.format == .json { return try session.printJSON(report) }
            RolloutReportText.print(report, session)
        }
    }
}
