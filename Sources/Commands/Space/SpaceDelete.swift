import ArgumentParser
import SlipwayClient

struct SpaceDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove an empty space.",
        discussion: """
            A space is empty when nothing is deployed in it, no model belongs to it and
            no promotion into it or out of it is open. What happened in it stays in the
            audit; a later space of the same name has nothing to do with it.
            """)

    @Argument(help: "The space's name.")
    var name: String

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    private struct Report: Encodable {
        var deleted: String
    }

    func run() async throws {
        try await Session.run(global) { session in
            try await session.client.deleteSpace(name)
            if session.format == .json { return try session.printJSON(Report(deleted: name)) }
            session.console.print("removed the space \(name)")
        }
    }
}
