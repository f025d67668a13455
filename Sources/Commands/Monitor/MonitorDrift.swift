import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorDrift: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Show how far what an endpoint is asked and answers has gone from its reference.",
        discussion: """
            The reference is the file that was pushed with the version (slipway model push --reference), or its first \
            rows. A feature has drifted when the difference is large enough to matter and too unlikely to be chance.

              slipway monitor drift churn
              slipway monitor drift churn --windows 20
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("Show so many closed windows, a line for each.", valueName: "n"))
    var windows: Int?

    @Option(help: ArgumentHelp("This version; the one that answers unless given.", valueName: "n"))
    var version: Int?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if let windows, !(1...200).contains(windows) {
            throw ValidationError("--windows must be from 1 to 200, got \(windows)")
        }
        if let version, version < 1 { throw ValidationError("--version must be 1 or more, got \(version)") }
    }

    func run() async throws {
        try await Session.run(global) { session in
            let client = session.client
            let info = try await session.naming(.endpoint, endpoint) { () throws(ClientError) in
                try await client.drift(of: endpoint, version: version, windows: windows)
            }
            if session.format == .json { return try session.printJSON(info) }
            let console = session.console
            let wanted = version ?? info.live ?? info.versions.first?.version
            guard let shown = info.versions.first(where: { $0.version == wanted }) else {
                console.print(console.emphasis.strong(info.endpoint) + "  nothing is known of drift yet")
                if !info.enabled { console.say("its monitor has drift switched off") }
                return
            }
            console.print(console.emphasis.strong(info.endpoint) + "  version \(shown.version)")
            for line in DriftText.facts(shown, isEnabled: info.enabled).lines(
                width: console.width, emphasis: console.emphasis)
            {
                console.print(line)
            }
            if let windows = shown.windows {
                console.print()
                session.print(DriftText.table(windows.reversed()))
            } else if let latest = shown.latest {
                console.print()
                session.print(DriftText.table(latest.features))
            }
        }
    }
}
