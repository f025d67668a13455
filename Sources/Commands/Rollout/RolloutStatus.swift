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

/// Watches a rollout, and tells each step as it comes.
struct RolloutFollower {
    private let session: Session

    init(_ session: Session) {
        self.session = session
    }

    /// Until it has ended, or people are waited for.
    func follow(_ rollout: RolloutInfo) async throws -> RolloutInfo {
        var rollout = rollout
        var told = 0
        while true {
            for step in rollout.steps.dropFirst(told) where session.format == .table {
                if session.console.errorWidth != nil { session.console.redraw("") }
                session.console.say("  \(step.text)")
            }
            told = rollout.steps.count
            guard [.preparing, .running, .paused, .watching].contains(rollout.state) else { break }
            if session.format == .table, let width = session.console.errorWidth {
                session.console.redraw(String("  \(RolloutText.line(rollout))".prefix(max(width - 1, 0))))
            }
            try await Task.sleep(for: .seconds(1))
            rollout = try await session.client.rollout(of: rollout.endpoint, rollout.rollout)
        }
        if session.format == .table, session.console.errorWidth != nil { session.console.redraw("") }
        return rollout
    }
}
