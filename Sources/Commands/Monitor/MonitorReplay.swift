import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Make predictions of an endpoint's ledger again with any version, and show what is different.",
        discussion: """
            The version runs in a process of its own, beside the server, and nothing that it answers reaches anybody. The \
            newest predictions are taken; those whose inputs were hashed, left out or do not fit the version are counted \
            with their reason. The exit code is 1 where the version's process could not be kept alive.

              slipway monitor replay churn --version 4
              slipway monitor replay churn --version 4 --from 7d --versions 3 --rows diff.jsonl
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("The version of the endpoint's model that makes them again.", valueName: "n"))
    var version: Int

    @Option(
        help: ArgumentHelp(
            "From this moment on, in UTC: 2026-03-01, 2026-03-01T09:30:00Z, or an age: 30m, 24h, 7d.",
            valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this moment, written as for --from.", valueName: "time"))
    var to: String?

    @Option(
        help: ArgumentHelp("Only what these versions answered, by commas: 2,3.", valueName: "n,..."),
        transform: { try versionList($0) })
    var versions: [Int] = []

    @Option(help: ArgumentHelp("Only what this variant of a rollout answered.", valueName: "name"))
    var variant: String?

    @Option(help: ArgumentHelp("How many, the newest (10000 unless given).", valueName: "n"))
    var limit: Int?

    @Option(
        help: ArgumentHelp(
            "How far two numbers may be apart, as a share of what was answered (0.0001 unless given).",
            valueName: "share"))
    var relative: Double?

    @Option(
        help: ArgumentHelp("And beside that, whatever was answered (0.000001 unless given).", valueName: "number"))
    var absolute: Double?

    @Option(
        help: ArgumentHelp(
            "How many of the predictions that are furthest apart are shown (10 unless given).",
            valueName: "n"))
    var list: Int = 10

    @Option(
        help: ArgumentHelp(
            "A file for every prediction with both answers, as JSON Lines; what is there is replaced at the end.",
            valueName: "file"))
    var rows: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if version < 1 { throw ValidationError("--version must be 1 or more, got \(version)") }
        if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more, got \(limit)") }
        if list < 0 { throw ValidationError("--list must be 0 or more, got \(list)") }
        for (flag, value) in [("--relative", relative), ("--absolute", absolute)] {
            if let value, !(value >= 0 && value.isFinite) {
                throw ValidationError("\(flag) must be 0 or more, got \(value)")
            }
        }
    }

    private static func versionList(_ text: String) throws -> [Int] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let number = Int(part), number > 0 else {
                throw ValidationError("'\(part)' is no version; write numbers from 1, by commas")
            }
            return number
        }
    }

    func run() async throws {
        let request = ReplayRequest(
            version: version, from: try Moment.utc(from, flag: "--from"), to: try Moment.utc(to, flag: "--to"),
            versions: versions.isEmpty ? nil : versions, variant: variant, limit: limit,
            tolerance: ReplayTolerance(relative: relative, absolute: absolute), listed: list)
        try await Session.run(global) { session in
            let (client, console) = (session.client, session.console)
            let draws = console.errorWidth != nil
            let report = try await session.naming(.endpoint, endpoint) { () throws(ClientError) in
                defer { if draws { console.redraw("") } }
                return try await client.replay(request, at: endpoint, rowsTo: rows) { progress in
                    guard draws else { return }
                    console.redraw(
                        "  \(NumberText.count(progress.read)) predictions, \(NumberText.count(progress.apart)) apart")
                }
            }
            if session.format == .json {
                try session.printJSON(report)
            } else {
                ReplayText.print(report, session)
                if let rows { console.say("each prediction with both answers is in \(rows)") }
            }
            if let stopped = report.stopped {
                throw Failure(
                    "the replay ended early: \(stopped)",
                    hint: "what it found until then is above; the server's log has what the worker died of")
            }
        }
    }
}
