import ArgumentParser
import ManagementAPI
import SlipwayClient

struct AlertRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Show the rules that watch an endpoint, and what each says now.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rules = try await session.client.alertRules(of: endpoint).items
            if session.format == .json { return try session.printJSON(rules) }
            guard !rules.isEmpty else { return session.console.print("no rule has looked at \(endpoint) yet") }
            session.print(
                Table(
                    columns: [
                        .init(title: "RULE", mayShrink: true), .init(title: "KIND"), .init(title: "STATE"),
                        .init(title: "ALERT", isNumber: true), .init(title: "FOR"), .init(title: "ENDS AFTER"),
                        .init(title: "", mayShrink: true),
                    ],
                    rows: rules.map { rule in
                        [
                            rule.rule, rule.kind, rule.state, rule.alert.map { String($0) } ?? "",
                            "\(rule.forSeconds) s", "\(rule.resolveAfterSeconds) s", rule.summary,
                        ]
                    }))
        }
    }
}
