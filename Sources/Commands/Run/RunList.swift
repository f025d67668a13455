import ArgumentParser
import SlipwayClient

struct RunList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the runs from Git of a space or of one repository, newest first.")

    @Argument(help: "The repository's name; all of the space unless given.")
    var repository: String?

    @Flag(help: "Only those that have not ended.")
    var open = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let runs = try await allItems { page in
                try await session.client.gitRuns(of: repository, onlyOpen: open, after: page)
            }
            if session.format == .json { return try session.printJSON(runs) }
            guard !runs.isEmpty else {
                return session.console.print("no runs\(open ? " are open" : "") in space \(session.space)")
            }
            session.print(RunText.table(runs))
        }
    }
}
