import ArgumentParser
import ManagementAPI
import SlipwayClient

struct AlertSilence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Keep messages of alerts back for a while.",
        discussion: """
            Alerts fire and end all the same. One that still fires when the silence is over is told of then.
            """)

    @Argument(help: "The endpoint's name; every endpoint of the space unless given.")
    var endpoint: String?

    @Option(help: "Only messages of this rule.")
    var rule: String?

    @Option(name: .customLong("for"), help: ArgumentHelp("How long: 30m, 2h, 1d.", valueName: "time"))
    var length = "1h"

    @Option(help: "Why, for the others.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let seconds = try Lifetime.seconds(length)
        try await Session.run(global) { session in
            let silence = try await session.client.silence(
                SilenceRequest(endpoint: endpoint, rule: rule, seconds: seconds, reason: reason))
            if session.format == .json { return try session.printJSON(silence) }
            session.console.print(
                "silence \(silence.silence): \(AlertText.silence(silence)), until \(Age.moment(silence.until))")
        }
    }
}

struct AlertUnsilence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unsilence", abstract: "End a silence before its time.")

    @Argument(help: "The silence's number.")
    var silence: Int

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let silence = try await session.client.endSilence(self.silence)
            if session.format == .json { return try session.printJSON(silence) }
            session.console.print("silence \(silence.silence) has ended: \(AlertText.silence(silence))")
        }
    }
}

struct AlertSilences: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silences", abstract: "List the silences of a space, newest first.")

    @Flag(help: "Those that have ended too.")
    var all = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let silences = try await allItems { page in try await session.client.silences(after: page) }
                .filter { all || $0.active }
            if session.format == .json { return try session.printJSON(silences) }
            guard !silences.isEmpty else {
                return session.console.print("no silences in space \(session.space)")
            }
            session.print(
                Table(
                    columns: [
                        .init(title: "SILENCE", isNumber: true), .init(title: "OF", mayShrink: true),
                        .init(title: "UNTIL"), .init(title: "BY", mayShrink: true),
                        .init(title: "", mayShrink: true),
                    ],
                    rows: silences.map { silence in
                        [
                            String(silence.silence), AlertText.silence(silence),
                            silence.active ? Age.moment(silence.until) : "ended", silence.createdBy, silence.reason,
                        ]
                    }))
        }
    }
}
