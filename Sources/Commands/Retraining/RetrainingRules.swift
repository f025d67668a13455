import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RetrainingRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Show what retrains the model of an endpoint, and how each rule stands.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.naming(.endpoint, endpoint) {
                try await session.client.retraining(of: endpoint)
            }
            if session.format == .json { return try session.printJSON(info) }
            guard !info.rules.isEmpty else {
                return session.console.print(
                    "\(endpoint) has no retraining rule: slipway monitor set \(endpoint) --file F")
            }
            session.print(
                Table(
                    columns: [
                        .init(title: "RULE", mayShrink: true), .init(title: "WHEN", mayShrink: true),
                        .init(title: "NEXT"), .init(title: "LAST RUN", isNumber: true), .init(title: "STATE"),
                        .init(title: "", mayShrink: true),
                    ],
                    rows: info.rules.map { rule in
                        [
                            rule.name, rule.enabled ? rule.when : "never: it is not enabled",
                            rule.next.map(Age.moment) ?? "", rule.lastRun.map { String($0.run) } ?? "",
                            rule.lastRun.map { RetrainingText.state($0.state) } ?? "", rule.note ?? "",
                        ]
                    }))
        }
    }
}
