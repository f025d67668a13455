import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RepositoryAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a Git repository that the space takes models from.",
        discussion: """
            The server clones only what its configuration lets (git_allow). Runs push into the repository's space; \
            other spaces that they promote into or deploy in are named here, by somebody who may deploy there.

            Pushes can begin runs: the secret that is printed, this once, is for the webhook of the Git service \
            (docs/reference/git-hooks.md).

              slipway repository add churn --url https://git.example/ml/churn --space dev --into test --into prod
            """)

    @Argument(help: "The repository's name here.")
    var name: String

    @Option(help: ArgumentHelp("https://HOST/PATH, or file:///PATH on the server.", valueName: "url"))
    var url: String

    @Option(help: "The branch whose commits are run (default: main).")
    var branch: String?

    @Option(
        help: ArgumentHelp("A space that its runs may act in, beside their own; may be repeated.", valueName: "space"))
    var into: [String] = []

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        do { _ = try ResourceName.check(name, "repository name") } catch { throw ValidationError(error) }
    }

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.addRepository(
                name, url: url, branch: branch, into: into.isEmpty ? nil : into)
            if session.format == .json { return try session.printJSON(info) }
            RepositoryText.print(info, session, isAside: true)
            session.console.say("next: slipway run start \(name)\(session.flags)")
            // Alone at the standard output, as keys are: it is for another program.
            guard let secret = info.secret else { return }
            session.console.say("the secret that messages to the hook are signed with, shown this once:")
            session.console.print(secret)
        }
    }
}
