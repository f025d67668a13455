import ArgumentParser
import ManagementAPI
import SlipwayClient

struct Why: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "Say why an endpoint serves this version, and what blocks the next one.",
        discussion: """
            Who deployed it and when, by which promotion it came, what each gate found and
            who approved; then every promotion that is on its way or was stopped, with the
            figure that stopped it.
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let report = try await session.naming(.endpoint, endpoint) { try await session.client.why(endpoint) }
            if session.format == .json { return try session.printJSON(report) }
            let console = session.console
            console.print(console.emphasis.strong("why \(report.model):\(report.version) is live"))
            for line in report.live { console.print("  \(line)") }
            console.print()
            console.print(console.emphasis.strong("what comes next"))
            for line in report.next { console.print("  \(line)") }
        }
    }
}
