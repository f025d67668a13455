import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a paused rollout go on.")

    @OptionGroup var choice: RolloutChoice

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rollout = try await session.client.resumeRollout(of: choice.endpoint, choice.number)
            if session.format == .json { return try session.printJSON(rollout) }
            session.console.print(
                "resumed rollout \(rollout.rollout) of \(rollout.endpoint) at \(RolloutText.shares(rollout))")
        }
    }
}
