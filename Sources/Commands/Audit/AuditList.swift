import ArgumentParser
import ManagementAPI
import SlipwayClient

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
                    event.space.isEmpty ? "-" : event.space, event.action, event.subject,
                    EventDetail.text(event.detail),
                ]
            })
    }
}
