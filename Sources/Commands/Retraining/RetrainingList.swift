import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RetrainingList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the retraining runs of a space or of one endpoint, newest first.")

    @Argument(help: "The endpoint's name; all of the space unless given.")
    var endpoint: String?

    @Flag(help: "Only those that have not ended.")
    var open = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let runs = try await allItems { page in
                try await session.client.retrainingRuns(of: endpoint, onlyOpen: open, after: page)
            }
            if session.format == .json { return try session.printJSON(runs) }
            guard !runs.isEmpty else {
                return session.console.print("no retraining runs\(open ? " are open" : "") in space \(session.space)")
            }
            session.print(
                Table(
                    columns: [
                        .init(title: "RUN", isNumber: true), .init(title: "ENDPOINT", mayShrink: true),
                        .init(title: "RULE", mayShrink: true), .init(title: "CAUSE"), .init(title: "STATE"),
                        .init(title: "WHEN"), .init(title: "", mayShrink: true),
                    ],
                    rows: runs.map { run in
                        [
                            String(run.run), run.endpoint, run.rule,
                            run.alert.map { "alert \($0)" } ?? run.causeKind, RetrainingText.state(run.state),
                            Age.text(run.requestedAt), RetrainingText.result(run),
                        ]
                    }))
        }
    }
}
