import ArgumentParser
import ManagementAPI
import Server
import SlipwayClient

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Follow the audit chain and hold it against the heads that were signed.",
        discussion: """
            Asks the server, or, with --file, looks at an exported trail without any server. Exit code 1 when something \
            was changed, or is missing.
            """)

    @Option(help: ArgumentHelp("A file that `slipway audit export` wrote.", valueName: "file"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "The server's public key, 64 hexadecimal digits: without it the file's own word is taken for it.",
            valueName: "hex"))
    var key: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if key != nil, file == nil { throw ValidationError("--key goes with --file: a server knows its own key") }
    }

    func run() async throws {
        guard let file else {
            return try await Session.run(global) { session in
                try Self.print(
                    try await session.client.verifyAudit(), format: session.format, console: session.console,
                    note: nil)
            }
        }
        let report: AuditReport
        do {
            report = try LocalInspection.verifyAudit(export: file, key: key?.lowercased())
        } catch {
            throw Failure(error.message, hint: error.advice)
        }
        let note =
            key == nil
            ? "the key is the file's own word; compare it with `slipway audit verify --file FILE --key HEX`" : nil
        try Self.print(report, format: global.output, console: .standard, note: note)
    }

    private static func print(
        _ report: AuditReport, format: OutputFormat, console: Console, note: String?
    ) throws {
        switch format {
        case .json: try Session.printJSON(report, on: console)
        case .table:
            let state = report.problems.isEmpty ? "intact" : console.emphasis.alarm("NOT INTACT")
            console.print(
                "\(state): \(report.events) events followed, \(report.heads) signed "
                    + "head\(report.heads == 1 ? "" : "s") compared")
            var facts = Facts()
            if let head = report.lastHead {
                facts.add("last head", "event \(head.sequence), signed \(Age.moment(head.at))")
                facts.add("key", head.key)
            }
            facts.add("wrong", report.problems)
            for line in facts.lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
            if let note { console.say(note) }
        }
        guard report.problems.isEmpty else {
            throw Failure(
                "the audit trail is not as it was written",
                hint: "keep this data folder and its heads for whoever investigates; serve from a backup meanwhile")
        }
    }
}
