import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RepositoryShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a repository and its last runs.")

    @Argument(help: "The repository's name.")
    var name: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.repository(name)
            if session.format == .json { return try session.printJSON(info) }
            RepositoryText.print(info, session)
            let runs = try await session.client.gitRuns(of: name, limit: 5).items
            guard !runs.isEmpty else {
                return session.console.print("no runs yet: slipway run start \(name)\(session.flags)")
            }
            session.console.print()
            session.print(RunText.table(runs))
        }
    }
}
