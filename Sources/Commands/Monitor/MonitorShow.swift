import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what an endpoint did in the last hour and day, and how much of it is written down.",
        discussion: """
            Errors are the model's or the server's; what callers did wrong counts as refused. A quantile is the upper \
            bound of its bucket, at most 28% above the exact one.
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints: the ledger's fields, and what was done lately beside them.
    struct Report: Encodable {
        var ledger: LedgerInfo
        var lastHour: SeriesInfo
        var lastDay: SeriesInfo
        var drift: DriftInfo
        var quality: QualityInfo

        private enum Key: CodingKey { case lastHour, lastDay, drift, quality }

        func encode(to encoder: any Encoder) throws {
            try ledger.encode(to: encoder)
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(lastHour, forKey: .lastHour)
            try container.encode(lastDay, forKey: .lastDay)
            try container.encode(drift, forKey: .drift)
            try container.encode(quality, forKey: .quality)
        }
    }

    func run() async throws {
        let dayAgo = try Moment.utc("24h", flag: "--from")
        try await Session.run(global) { session in
            let client = session.client
            let report = try await session.naming(.endpoint, endpoint) { () throws(ClientError) in
                Report(
                    ledger: try await client.ledger(of: endpoint),
                    lastHour: try await client.series(of: endpoint, SeriesWindow(step: 60)),
                    lastDay: try await client.series(of: endpoint, SeriesWindow(from: dayAgo, step: 1800)),
                    drift: try await client.drift(of: endpoint), quality: try await client.quality(of: endpoint))
            }
            if session.format == .json { return try session.printJSON(report) }
            let (ledger, hour, day) = (report.ledger, report.lastHour, report.lastDay)
            let console = session.console
            console.print(console.emphasis.strong(ledger.endpoint) + "  ledger \(ledger.options == nil ? "off" : "on")")
            var facts = Facts()
            facts.add("last hour", SeriesText.lines(hour, isTerminal: console.width != nil))
            facts.add("last day", SeriesText.lines(day, isTerminal: console.width != nil))
            if hour.versions.count > 1 { facts.add("by version", SeriesText.versions(hour)) }
            facts.add("drift", DriftText.line(report.drift))
            facts.add("quality", QualityText.lines(report.quality))
            Self.add(ledger, to: &facts)
            for line in facts.lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
            if ledger.options == nil {
                console.say("to write predictions down: slipway deploy ... --ledger-share 1")
            }
        }
    }

    private static func add(_ ledger: LedgerInfo, to facts: inout Facts) {
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
