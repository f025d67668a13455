import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutAbort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "Give all traffic back to the version that served before.")

    @OptionGroup var choice: RolloutChoice

    @Option(help: "Why, for the history.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rollout = try await session.client.abortRollout(
                of: choice.endpoint, choice.number, reason: reason)
            if session.format == .json { return try session.printJSON(rollout) }
            session.console.print(
                "ended rollout \(rollout.rollout): all traffic of \(rollout.endpoint) is with \(rollout.model):\(rollout.fromVersion)"
            )
        }
    }
}
