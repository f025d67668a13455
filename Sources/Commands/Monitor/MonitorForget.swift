import ArgumentParser
import ManagementAPI
import SlipwayClient

struct MonitorForget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Delete from an endpoint's ledger each prediction in which a field has a value.",
        discussion: """
            A prediction of several rows goes as a whole when one of them has the value. Fields whose values are hashed \
            are found too. That it was done, by whom and for which field is in the audit; the value is not.

              slipway monitor forget churn --field customer --equals 4711
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("An input or output.", valueName: "name"))
    var field: String

    @Option(help: ArgumentHelp("The value that says whose predictions they are.", valueName: "value"))
    var equals: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let client = session.client
            let answer = try await session.naming(.endpoint, endpoint) {
                try await client.forget(field: field, equals: equals, in: endpoint)
            }
            if session.format == .json { return try session.printJSON(answer) }
            session.console.print(
                "deleted \(NumberText.count(answer.rows)) of \(NumberText.count(answer.withField)) predictions with \(field)"
            )
            if answer.unreadable > 0 {
                session.console.say(
                    "\(NumberText.count(answer.unreadable)) predictions have no values of \(field) that could be compared; they stay"
                )
            }
            if answer.damaged > 0 {
                session.console.say("\(NumberText.count(answer.damaged)) places could not be read, and are gone too")
            }
        }
    }
}
