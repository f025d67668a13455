import ArgumentParser
import ManagementAPI
import SlipwayClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what was done, newest first.",
        discussion: """
            With --space only what was done in that space, for which a role there is enough; without it, what was done on \
            the whole server.
            """)

    @Option(help: ArgumentHelp("Only this action (version.push), or all of a noun (version).", valueName: "action"))
    var action: String?

    @Option(
        help: ArgumentHelp("Only what was done to this: churn:3, or churn with all its versions.", valueName: "subject")
    )
    var subject: String?

    @Option(help: ArgumentHelp("Only what this caller asked for.", valueName: "id"))
    var principal: String?

    @Option(
        help: ArgumentHelp(
            "From this moment on, in UTC: 2026-03-01, 2026-03-01T09:30:00Z, or an age: 30m, 24h, 7d.",
            valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Before this moment, written as for --since.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("How many at most (default: 50).", valueName: "n"))
    var limit: Int?

    @OptionGroup var global: GlobalOptions

    static let standardLimit = 50

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() async throws {
        let filter = AuditFilter(
            action: action, subject: subject, principal: principal, since: try Moment.utc(since, flag: "--since"),
            until: try Moment.utc(until, flag: "--until"))
        let wanted = limit ?? Self.standardLimit
        try await Session.run(global) { session in
            let space = global.namedSpace
            var events: [AuditEventInfo] = []
            var after: String?
            var isMore = true
            while events.count < wanted, isMore {
                let page = try await session.client.auditEvents(
                    space: space, filter, limit: min(wanted - events.count, 1000), after: after)
                events += page.items
                after = page.next
                isMore = page.next != nil && !page.items.isEmpty
            }
            if session.format == .json { return try session.printJSON(events) }
            guard !events.isEmpty else { return session.console.say("nothing that matches was done") }
            session.print(Self.table(events))
            if isMore { session.console.say("there are more: --limit N shows N of them") }
        }
    }

    static func table(_ events: [AuditEventInfo]) -> Table {
        Table(
            columns: [
                .init(title: "EVENT", isNumber: true), .init(title: "WHEN"), .init(title: "BY", mayShrink: true),
                .init(title: "SPACE", mayShrink: true), .init(title: "ACTION"),
                .init(title: "SUBJECT", mayShrink: true), .init(title: "DETAIL", mayShrink: true),
            ],
            rows: events.map { event in
                [
                    String(event.sequence), Age.moment(event.at), event.principal,
                    event.space.isEmpty ? "-" : event.space, event.action, event.subject, detail(event.detail),
                ]
            })
    }

    /// `name=value` for each member, in order; digests by their first twelve digits.
    private static func detail(_ text: String) -> String {
        guard let members = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else { return text }
        return members.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { name, value in
            "\(name)=\(value.utf8.count == 64 ? String(value.prefix(12)) : value)"
        }.joined(separator: " ")
    }
}

/// A moment as a person writes it.
enum Moment {
    /// RFC 3339 in UTC for the server; ages are counted back from now.
    static func utc(_ text: String?, flag: String, now: Int = Int(Date().timeIntervalSince1970)) throws(Failure)
        -> String?
    {
        guard let text else { return nil }
        let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if let unit = text.last.flatMap({ units[String($0)] }), let count = Int(text.dropLast()), count >= 0 {
            let (age, overflow) = count.multipliedReportingOverflow(by: unit)
            guard !overflow, age <= now else { return "1970-01-01" }
            return rfc3339(now - age)
        }
        guard text.utf8.count == 10 || text.hasSuffix("Z"), text.contains("-") else {
            throw Failure(
                "\(flag) \"\(text)\" is no moment", hint: "write 2026-03-01, 2026-03-01T09:30:00Z, or an age like 24h",
                code: .usage)
        }
        return text
    }

    private static func rfc3339(_ seconds: Int) -> String {
        let date = Date(timeIntervalSince1970: Double(seconds))
        return date.formatted(.iso8601)
    }
}
