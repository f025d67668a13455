import ArgumentParser
import ManagementAPI
import SlipwayClient

struct SpaceHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show every policy that a space had, newest first.",
        discussion: "With --revision, that policy as YAML.")

    @Argument(help: "The space's name.")
    var name: String

    @Option(help: ArgumentHelp("Print this revision in full.", valueName: "number"))
    var revision: Int?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let all = try await allItems { page in try await session.client.policyRevisions(of: name, after: page) }
            guard let revision else {
                if session.format == .json { return try session.printJSON(all) }
                return session.print(Self.table(all))
            }
            guard let found = all.first(where: { $0.revision == revision }) else {
                throw Failure(
                    "the policy of space '\(name)' has no revision \(revision)",
                    hint: "it has had \(all.first?.revision ?? 0)")
            }
            if session.format == .json { return try session.printJSON(found) }
            for line in try PolicyYAML.lines(found.policy) { session.console.print(line) }
        }
    }

    private static func table(_ revisions: [PolicyRevisionInfo]) -> Table {
        Table(
            columns: [
                .init(title: "REVISION", isNumber: true), .init(title: "DEMANDS", mayShrink: true),
                .init(title: "WHEN"), .init(title: "BY", mayShrink: true),
            ],
            rows: revisions.map {
                [String($0.revision), SpaceText.demand($0.policy), Age.text($0.setAt), $0.setBy]
            })
    }
}
