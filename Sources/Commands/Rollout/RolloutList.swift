import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RolloutList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the rollouts of a space or of one endpoint, newest first.")

    @Argument(help: "The endpoint's name; all of the space unless given.")
    var endpoint: String?

    @Flag(help: "Only those that have not ended.")
    var open = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rollouts = try await allItems { page in
                try await session.client.rollouts(of: endpoint, onlyOpen: open, after: page)
            }
            if session.format == .json { return try session.printJSON(rollouts) }
            guard !rollouts.isEmpty else {
                return session.console.print("no rollouts\(open ? " are open" : "") in space \(session.space)")
            }
            session.print(
                Table(
                    columns: [
                        .init(title: "ENDPOINT", mayShrink: true), .init(title: "ROLLOUT", isNumber: true),
                        .init(title: "STRATEGY"), .init(title: "FROM", mayShrink: true),
                        .init(title: "TO", mayShrink: true), .init(title: "STATE"), .init(title: "WHEN"),
                        .init(title: "BY", mayShrink: true), .init(title: "", mayShrink: true),
                    ],
                    rows: rollouts.map { rollout in
                        [
                            rollout.endpoint, String(rollout.rollout), rollout.strategy,
                            "\(rollout.model):\(rollout.fromVersion)", RolloutText.targets(rollout),
                            RolloutText.state(rollout.state), Age.text(rollout.updatedAt), rollout.requestedBy,
                            rollout.message,
                        ]
                    }))
        }
    }
}
