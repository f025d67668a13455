import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RepositoryList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the Git repositories of a space.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let repositories = try await allItems { page in try await session.client.repositories(after: page) }
            if session.format == .json { return try session.printJSON(repositories) }
            guard !repositories.isEmpty else {
                return session.console.print("no repositories in space \(session.space)")
            }
            session.print(
                Table(
                    columns: [
                        .init(title: "REPOSITORY", mayShrink: true), .init(title: "URL", mayShrink: true),
                        .init(title: "BRANCH"), .init(title: "INTO", mayShrink: true), .init(title: "ADDED"),
                        .init(title: ""),
                    ],
                    rows: repositories.map { repository in
                        [
                            repository.name, repository.url, repository.branch,
                            repository.into.joined(separator: ", "), Age.text(repository.addedAt),
                            repository.paused ? "paused" : "",
                        ]
                    }))
        }
    }
}
