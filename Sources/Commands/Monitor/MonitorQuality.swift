import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorQuality: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quality",
        abstract: "Show how good an endpoint's predictions turned out to be.",
        discussion: """
            Each version by itself, over its newest rows whose truth is known, and over the last hours. Intervals are \
            those of 95%. The truth comes by `slipway feedback send`.
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("So many of the newest rows (1000, or as the monitor says).", valueName: "n"))
    var rows: Int?

    @Option(help: ArgumentHelp("Predictions of so many hours (24, or as the monitor says).", valueName: "n"))
    var hours: Int?

    @Option(help: ArgumentHelp("Only this version.", valueName: "n"))
    var version: Int?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let quality = try await session.naming(.endpoint, endpoint) {
                try await session.client.quality(of: endpoint, rows: rows, hours: hours, version: version)
            }
            if session.format == .json { return try session.printJSON(quality) }
            QualityText.show(quality, session)
        }
    }
}
