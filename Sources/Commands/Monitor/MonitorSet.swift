import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set how an endpoint is watched.",
        discussion: """
            The file has all of it, in YAML or JSON: what counts as drift, what quality is,
            which alerts there are and whom they go to, what retrains the model. What it
            leaves out is as if nothing had ever been set. It holds at once; every one that
            was ever set is kept: slipway monitor spec ENDPOINT --history.

              slipway monitor set churn --file monitor.yaml
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(name: [.short, .long], help: ArgumentHelp("The monitor, '-' for standard input.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Only if this is the revision of the monitor now.", valueName: "revision"))
    var ifRevision: Int?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let text = try InputSource.document(file)
        try await Session.run(global) { session in
            let monitor = try await session.naming(.endpoint, endpoint) {
                try await session.client.setMonitor(yaml: text, of: endpoint, ifRevision: ifRevision)
            }
            if session.format == .json { return try session.printJSON(monitor) }
            session.console.print("\(endpoint) is watched by revision \(monitor.revision)")
        }
    }
}
