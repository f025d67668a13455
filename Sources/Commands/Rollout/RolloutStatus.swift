import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show where a rollout stands, and what speaks for and against it.",
        discussion: "The rollout that is open; else the last one.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(name: .customLong("rollout"), help: ArgumentHelp("Another one.", valueName: "number"))
    var number: Int?

    @Flag(help: "Print it anew each second until it has ended.")
    var follow = false

    @Flag(help: "Print every step too.")
    var steps = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            var rollout = try await session.client.rollout(of: endpoint, number)
            if follow { rollout = try await RolloutFollower(session).follow(rollout) }
            if session.format == .json { return try session.printJSON(rollout) }
            RolloutText.print(rollout, session, steps: steps)
        }
    }
}
