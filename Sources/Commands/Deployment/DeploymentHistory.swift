import ArgumentParser
import ManagementAPI
import SlipwayClient

struct DeploymentHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show what an endpoint was told to be, newest first.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let revisions = try await session.naming(.endpoint, endpoint) {
                try await allItems { page in try await session.client.revisions(of: endpoint, after: page) }
            }.sorted { $0.revision > $1.revision }
            if session.format == .json { return try session.printJSON(revisions) }
            session.print(Self.table(revisions))
        }
    }

    static func table(_ revisions: [RevisionInfo]) -> Table {
        let options = revisions.map { OptionsText.short($0.options) }
        let hasOptions = options.contains { !$0.isEmpty }
        return Table(
            columns: [
                .init(title: "REVISION", isNumber: true), .init(title: "ACTION"),
                .init(title: "MODEL", mayShrink: true), .init(title: "WHEN"), .init(title: "BY", mayShrink: true),
            ] + (hasOptions ? [.init(title: "OPTIONS", mayShrink: true)] : []) + [
                .init(title: "REASON", mayShrink: true), .init(title: ""),
            ],
            rows: zip(revisions, options).map { revision, options in
                [
                    String(revision.revision), revision.action, "\(revision.model):\(revision.version)",
                    Age.text(revision.createdAt), revision.createdBy,
                ] + (hasOptions ? [options] : []) + [revision.reason, revision.isCurrent ? "current" : ""]
            })
    }
}
