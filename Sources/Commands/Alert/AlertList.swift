import ArgumentParser
import ManagementAPI
import SlipwayClient

struct AlertList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the alerts of a space or of one endpoint, newest first.")

    @Argument(help: "The endpoint's name; all of the space unless given.")
    var endpoint: String?

    @Flag(help: "Only those that fire.")
    var firing = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let alerts = try await allItems { page in
                try await session.client.alerts(
                    state: firing ? "firing" : nil, endpoint: endpoint, after: page)
            }
            if session.format == .json { return try session.printJSON(alerts) }
            guard !alerts.isEmpty else {
                return session.console.print("no alert\(firing ? " fires" : "s") in space \(session.space)")
            }
            session.print(AlertText.table(alerts))
        }
    }
}
