import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show how much of an endpoint's predictions is written down, and since when.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let client = session.client
            let ledger = try await session.naming(.endpoint, endpoint) { try await client.ledger(of: endpoint) }
            if session.format == .json { return try session.printJSON(ledger) }
            let console = session.console
            console.print(console.emphasis.strong(ledger.endpoint) + "  ledger \(ledger.options == nil ? "off" : "on")")
            for line in Self.facts(ledger).lines(width: console.width, emphasis: console.emphasis) {
                console.print(line)
            }
            if ledger.options == nil {
                console.say("to write predictions down: slipway deploy ... --ledger-share 1")
            }
        }
    }

    static func facts(_ ledger: LedgerInfo) -> Facts {
        var facts = Facts()
        facts.add("written", ledger.options.map { OptionsText.full(DeploymentOptions(ledger: $0)) })
        let files = ledger.files == 1 ? "1 file" : "\(ledger.files) files"
        facts.add(
            "rows",
            ledger.rows == 0
                ? "none" : "\(NumberText.count(ledger.rows)) in \(files) of \(NumberText.bytes(ledger.bytes))")
        if let oldest = ledger.oldest, let newest = ledger.newest {
            facts.add("oldest", "\(Age.moment(oldest)) (\(Age.text(oldest)))")
            facts.add("newest", "\(Age.moment(newest)) (\(Age.text(newest)))")
        }
        facts.add("recorded", "\(NumberText.count(ledger.recorded)) since the server started")
        facts.add("dropped", dropped(ledger))
        facts.add(
            "damaged", ledger.damaged == 0 ? nil : "\(ledger.damaged) places that are not as they were written; skipped"
        )
        return facts
    }

    private static func dropped(_ ledger: LedgerInfo) -> String {
        var parts: [String] = []
        if ledger.droppedQueue > 0 { parts.append("\(NumberText.count(ledger.droppedQueue)) because too many waited") }
        if ledger.droppedDisk > 0 {
            parts.append("\(NumberText.count(ledger.droppedDisk)) because the disk did not take them")
        }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}
