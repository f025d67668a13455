import ArgumentParser
import ManagementAPI
import SlipwayClient
import Tabular

struct FeedbackSend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send what turned out to be true of an endpoint's predictions.",
        discussion: """
            Each line of the file names a prediction and says its truth. In CSV the columns are found by their names \
            (prediction, request_id or key; truth, label, target or actual; at), or named. JSON Lines are items as the \
            server takes them, with lists for predictions of several rows; with --id-column they are read as a table.

              slipway feedback send churn --file labels.csv
              slipway feedback send churn --file orders.csv --id-column order --by request --truth-column left

            The same truth sent twice counts once: what was interrupted is simply sent again.
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(name: [.short, .long], help: ArgumentHelp("CSV or JSON Lines, '-' for standard input.", valueName: "file"))
    var file: String

    @Option(
        help: ArgumentHelp(
            "How the file is to be read, where its name does not say.", valueName: "csv|jsonl"),
        transform: { try fileFormat($0) })
    var format: LedgerFileFormat?

    @Option(help: ArgumentHelp("The column that says which prediction is meant.", valueName: "name"))
    var idColumn: String?

    @Option(
        help: ArgumentHelp(
            "What that column has: the server's id, the caller's own, or the key that the monitor names.",
            valueName: "prediction|request|key"), transform: { try subject($0) })
    var by: FeedbackColumns.Subject?

    @Option(help: ArgumentHelp("The column with the truth; lines without it are passed over.", valueName: "name"))
    var truthColumn: String?

    @Option(help: ArgumentHelp("The column that says when it was known, in UTC.", valueName: "name"))
    var atColumn: String?

    @OptionGroup var global: GlobalOptions

    private static func fileFormat(_ word: String) throws -> LedgerFileFormat {
        guard let format = LedgerFileFormat(rawValue: word) else {
            throw ValidationError("'\(word)' is no format; there are csv and jsonl")
        }
        return format
    }

    private static func subject(_ word: String) throws -> FeedbackColumns.Subject {
        guard let subject = FeedbackColumns.Subject(rawValue: word) else {
            throw ValidationError("'\(word)' names no predictions; there are prediction, request and key")
        }
        return subject
    }

    func run() async throws {
        let file = try FeedbackFile(file)
        let isLines = (format ?? Self.format(of: self.file)) == .jsonl
        let asTable = [idColumn, truthColumn, atColumn].contains { $0 != nil } || by != nil
        try await Session.run(global) { session in
            let sender = Sender(session: session, endpoint: endpoint, file: file)
            defer { sender.meter?.clear() }
            if isLines, !asTable {
                try await sender.sendLines()
            } else if isLines {
                try await sender.sendTable(JSONLRowReader(), columns)
            } else {
                try await sender.sendTable(CSVRowReader(limits: TabularLimits(rowBytes: 1 << 20)), columns)
            }
            sender.meter?.clear()
            try report(sender.batch.report, session)
        }
    }

    private static func format(of path: String) -> LedgerFileFormat {
        [".jsonl", ".ndjson", ".json"].contains { path.lowercased().hasSuffix($0) } ? .jsonl : .csv
    }

    private func columns(_ names: [String], _ source: String) throws(Failure) -> FeedbackColumns {
        try FeedbackColumns(
            among: names, id: idColumn, by: by, truth: truthColumn, at: atColumn, source: source)
    }

    private func report(_ report: FeedbackBatch.Report, _ session: Session) throws {
        let answer = report.answer
        if session.format == .json {
            try session.printJSON(report)
        } else {
            let console = session.console
            console.print("sent \(NumberText.count(report.items)) labels of \(endpoint)")
            var facts = Facts()
            for (name, count) in [
                ("joined", answer.joined), ("changed", answer.changed), ("already known", answer.duplicates),
                ("outdated", answer.outdated), ("waiting", answer.waiting), ("refused", answer.refused),
                ("without truth", report.skipped),
            ] where count > 0 || name == "joined" {
                facts.add(name, NumberText.count(count))
            }
            for line in facts.lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
            if answer.waiting > 0 { console.say("what waits is joined once its prediction is in the ledger") }
            for refusal in answer.refusals { console.say("line \(refusal.item): \(refusal.reason)") }
        }
        guard answer.refused == 0 else {
            throw Failure(
                "\(NumberText.count(answer.refused)) of \(NumberText.count(report.items)) labels were refused")
        }
    }
}
