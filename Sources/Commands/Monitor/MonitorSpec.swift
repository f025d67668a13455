import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorSpec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spec", abstract: "Show how an endpoint is watched, as YAML.",
        discussion: "What it prints, `slipway monitor set` takes.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("An earlier revision.", valueName: "number"))
    var revision: Int?

    @Flag(help: "List all revisions instead.")
    var history = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if history, revision != nil { throw ValidationError("give --history or --revision, not both") }
    }

    func run() async throws {
        try await Session.run(global) { session in
            if history { return try await showHistory(session) }
            let monitor = try await session.naming(.endpoint, endpoint) { try await wanted(session.client) }
            if session.format == .json { return try session.printJSON(monitor) }
            guard monitor.revision > 0 else {
                return session.console.say(
                    "nothing was set: drift is watched and the usual alerts are on; slipway monitor set changes that")
            }
            for line in PolicyYAML.lines(monitor.document) { session.console.print(line) }
        }
    }

    private func wanted(_ client: SlipwayClient) async throws -> MonitorInfo {
        guard let revision else { return try await client.monitor(of: endpoint) }
        let page = try await client.monitorRevisions(of: endpoint, limit: 1, after: String(revision + 1))
        guard let found = page.items.first, found.revision == revision else {
            throw Failure("the monitor of \(endpoint) has no revision \(revision)", hint: "--history lists them")
        }
        return found
    }

    private func showHistory(_ session: Session) async throws {
        let all = try await session.naming(.endpoint, endpoint) {
            try await allItems { page in try await session.client.monitorRevisions(of: endpoint, after: page) }
        }
        if session.format == .json { return try session.printJSON(all) }
        session.print(
            Table(
                columns: [
                    .init(title: "REVISION", isNumber: true), .init(title: "SECTIONS", mayShrink: true),
                    .init(title: "WHEN"), .init(title: "BY", mayShrink: true),
                ],
                rows: all.map { monitor in
                    [
                        String(monitor.revision), monitor.document.keys.sorted().joined(separator: ", "),
                        monitor.setAt.map { Age.text($0) } ?? "", monitor.setBy ?? "",
                    ]
                }))
    }
}
