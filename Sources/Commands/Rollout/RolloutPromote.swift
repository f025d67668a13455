import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutPromote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Make the candidate what the endpoint serves, whatever the analysis says.",
        discussion: """
            Of a blue-green rollout this ends the watch.
            """)

    @OptionGroup var choice: RolloutChoice

    @Option(help: "Which candidate, where there are several.")
    var variant: String?

    @Option(help: "Why, for the history.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rollout = try await session.client.promoteRollout(
                of: choice.endpoint, choice.number, variant: variant, reason: reason)
            if session.format == .json { return try session.printJSON(rollout) }
            session.console.print(
                "rollout \(rollout.rollout) of \(rollout.endpoint) is \(RolloutText.state(rollout.state)): \(rollout.message)"
            )
        }
    }
}
