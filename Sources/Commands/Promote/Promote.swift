import ArgumentParser
import ManagementAPI
import SlipwayClient

struct Promote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Ask that a version becomes available in the next space.",
        discussion: """
            The gates of the target space's policy begin at once, and the command follows
            them until they end or somebody has to approve. Same number, same bytes: what
            is deployed there afterwards is what was checked.

              slipway promote churn:3 --from test --to prod --reason "better recall"

            Exit code 1 when a gate did not pass.
            """)

    @Argument(help: "NAME:VERSION.", transform: { try VersionReference.parse($0) })
    var model: VersionReference

    @Option(help: ArgumentHelp("The space that has the version (--space unless given).", valueName: "space"))
    var from: String?

    @Option(help: ArgumentHelp("The space that it is to become available in.", valueName: "space"))
    var to: String

    @Option(help: "Why, for those who have to approve.")
    var reason: String?

    @Flag(help: "Return at once; the gates go on.")
    var noWait = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard model.version != nil else {
            throw ValidationError("say which version: \(model.name):VERSION")
        }
    }

    func run() async throws {
        guard let version = model.version else { return }
        try await Session.run(global) { session in
            let source = from ?? session.space
            var promotion = try await session.client.promote(
                model: model.name, version: version, from: source, to: to, reason: reason)
            if !noWait { promotion = try await PromotionFollower(session, space: source).follow(promotion) }
            if session.format == .json {
                try session.printJSON(promotion)
            } else {
                PromotionText.print(promotion, session)
            }
            if promotion.state == .failed { throw ExitCode(1) }
        }
    }
}
