import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutReject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "End a rollout that waits for approvals.")

    @OptionGroup var choice: RolloutChoice

    @Option(help: "What has to be better; kept for ever.")
    var reason: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rollout = try await session.client.rejectRollout(
                of: choice.endpoint, choice.number, reason: reason)
            if session.format == .json { return try session.printJSON(rollout) }
            session.console.print("rejected rollout \(rollout.rollout) of \(rollout.endpoint)")
        }
    }
}
