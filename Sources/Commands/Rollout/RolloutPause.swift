import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Hold a rollout at the weights that it has.",
        discussion: """
            It does not go on until it is resumed. A candidate that fails goes back all the same.
            """)

    @OptionGroup var choice: RolloutChoice

    @Option(help: "Why, for the history.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rollout = try await session.client.pauseRollout(
                of: choice.endpoint, choice.number, reason: reason)
            if session.format == .json { return try session.printJSON(rollout) }
            session.console.print(
                "paused rollout \(rollout.rollout) of \(rollout.endpoint) at \(RolloutText.shares(rollout))")
        }
    }
}
