import ArgumentParser
import ManagementAPI
import SlipwayClient

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make an endpoint what it was before, at once.",
        discussion: """
            Ends whatever rollout is open. Without --to, what served before what serves now
            serves again; twice is there and back. The history keeps both.

              slipway rollback churn
              slipway rollback churn --to 3 --reason "3 was right about new customers"
            """)

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("The revision to become equal to.", valueName: "revision"))
    var to: Int?

    @Option(help: "Why, for the history.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let client = session.client
            let before = try await session.naming(.endpoint, endpoint) { try await client.deployment(endpoint) }
            let now = try await client.rollBack(endpoint, to: to, reason: reason)
            if session.format == .json { return try session.printJSON(now) }
            Self.report(now, before: before, session)
        }
    }

    static func report(_ now: DeploymentInfo, before: DeploymentInfo, _ session: Session) {
        let strong = session.console.emphasis.strong("\(now.model):\(now.version)")
        guard now.revision != before.revision else {
            let rollout = before.rollout.map { "rollout \($0.rollout) is over: " } ?? "nothing changed: "
            session.console.print("\(rollout)all traffic of \(now.endpoint) is with \(strong)")
            return
        }
        session.console.print(
            "\(strong) answers at endpoint \(now.endpoint) again "
                + "(revision \(now.revision), before: \(before.model):\(before.version))")
    }
}
