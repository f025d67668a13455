import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Approve of a rollout that waits for it.")

    @OptionGroup var choice: RolloutChoice

    @Option(help: "What to keep with it.")
    var comment: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rollout = try await session.client.approveRollout(
                of: choice.endpoint, choice.number, comment: comment)
            if session.format == .json { return try session.printJSON(rollout) }
            session.console.print(
                "approved of rollout \(rollout.rollout) of \(rollout.endpoint): \(RolloutText.outcome(rollout))")
        }
    }
}
