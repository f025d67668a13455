import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write down what an endpoint's ledger has, as JSON Lines or CSV.",
        discussion: """
            To standard output, or into a file that comes into being whole or not at all. Rows come in the order in which \
            they were written, and as they come: neither side needs memory for them.

              slipway monitor export churn --from 24h > day.jsonl
              slipway monitor export churn --format csv --version 3 --errors-only --file errors.csv
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(
        help: ArgumentHelp(
            "An object for each prediction, or a column for each input and output (jsonl unless given).",
            valueName: "jsonl|csv"), transform: { try fileFormat($0) })
    var format: LedgerFileFormat = .jsonl

    @Option(
        help: ArgumentHelp(
            "From this moment on, in UTC: 2026-03-01, 2026-03-01T09:30:00Z, or an age: 30m, 24h, 7d.",
            valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this moment, written as for --from.", valueName: "time"))
    var to: String?

    @Option(help: ArgumentHelp("Only what this version was asked.", valueName: "n"))
    var version: Int?

    @Option(help: ArgumentHelp("Only what this variant of a rollout was asked.", valueName: "name"))
    var variant: String?

    @Flag(help: "Only predictions that were not answered.")
    var errorsOnly = false

    @Option(help: ArgumentHelp("The file to write; what is there is replaced once all has come.", valueName: "file"))
    var file: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if let version, version < 1 { throw ValidationError("--version must be 1 or more, got \(version)") }
    }

    private static func fileFormat(_ word: String) throws -> LedgerFileFormat {
        guard let format = LedgerFileFormat(rawValue: word) else {
            throw ValidationError("'\(word)' is no format; there are jsonl and csv")
        }
        return format
    }

    /// What `--output json` prints where a file was written.
    struct Report: Encodable {
        var file: String
        var bytes: Int
    }

    func run() async throws {
        let filter = LedgerFilter(
            from: try Moment.utc(from, flag: "--from"), to: try Moment.utc(to, flag: "--to"), version: version,
            variant: variant, errorsOnly: errorsOnly)
        try await Session.run(global) { session in
            let client = session.client
            let console = session.console
            guard let file else {
                return try await session.naming(.endpoint, endpoint) {
                    try await client.exportLedger(of: endpoint, format, filter) { console.print(bytes: $0) }
                }
            }
            let bytes = try await session.naming(.endpoint, endpoint) {
                try await client.exportLedger(of: endpoint, format, filter, to: file)
            }
            if session.format == .json { return try session.printJSON(Report(file: file, bytes: bytes)) }
            console.print("ledger of \(endpoint) written to \(file): \(NumberText.bytes(bytes))")
        }
    }
}
