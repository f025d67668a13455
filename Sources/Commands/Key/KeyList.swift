import ArgumentParser
import ManagementAPI
import SlipwayClient

struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your keys, or everybody's where you own the server; never their secrets.")

    @Option(help: "Whose keys (default: all that you may see).")
    var principal: String?

    @Flag(help: "Also those that have expired or were revoked.")
    var all = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            var keys = try await allItems { page in try await session.client.keys(of: principal, after: page) }
            if !all { keys = keys.filter { $0.state == .valid } }
            if session.format == .json { return try session.printJSON(keys) }
            guard !keys.isEmpty else { return session.console.print("no keys; next: slipway key create") }
            session.print(
                Table(
                    columns: [
                        .init(title: "KEY"), .init(title: "NAME", mayShrink: true),
                        .init(title: "OWNER", mayShrink: true), .init(title: "OPENS", mayShrink: true),
                        .init(title: "LIMITS", mayShrink: true), .init(title: "USED THIS MONTH", mayShrink: true),
                        .init(title: "STATE"),
                    ],
                    rows: keys.map { key in
                        [
                            key.id, key.name, key.principal, KeyText.scope(key), KeyText.limits(key.limits),
                            key.usage.map { "\($0.requests) requests, \($0.rows) rows" } ?? "", KeyText.ending(key),
                        ]
                    }))
        }
    }
}
