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

            Exit code 1 when a gate did not pass; with --wait also when it was rejected, or
            when the time was over before enough people had approved.
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

    @Option(
        help: ArgumentHelp("How long to wait for people to approve too (not at all unless given).", valueName: "time"),
        transform: { try Duration.seconds($0, flag: "--wait") })
    var wait: Int?

    @Flag(help: "Where the version is there already all is well; where it is on its way already, follow that.")
    var ifNeeded = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard model.version != nil else {
            throw ValidationError("say which version: \(model.name):VERSION")
        }
        guard !noWait || wait == nil else { throw ValidationError("give either --no-wait or --wait") }
    }

    func run() async throws {
        guard let version = model.version else { return }
        try await Session.run(global) { session in
            let source = from ?? session.space
            var promotion = try await request(version, from: source, session)
            let follower = PromotionFollower(session, space: source)
            if !noWait { promotion = try await follower.follow(promotion) }
            if let wait { promotion = try await follower.awaitPeople(promotion, seconds: wait) }
            if session.format == .json {
                try session.printJSON(promotion)
            } else {
                PromotionText.printOutcome(promotion, session, space: source)
            }
            if promotion.state == .failed || wait != nil && promotion.state != .applied { throw ExitCode(1) }
        }
    }

    /// Asks for the promotion; where that is too late, finds the one that there is.
    private func request(_ version: Int, from source: String, _ session: Session) async throws -> PromotionInfo {
        do {
            return try await session.client.promote(
                model: model.name, version: version, from: source, to: to, reason: reason)
        } catch {
            guard ifNeeded, Self.isConflict(error) else { throw error }
            guard let found = try await known(version, from: source, session) else { throw error }
            return found
        }
    }

    private static func isConflict(_ error: ClientError) -> Bool {
        if case .refused(409, _) = error { true } else { false }
    }

    /// What was in the way: the newest that has made the version available, or is about to.
    private func known(_ version: Int, from source: String, _ session: Session) async throws -> PromotionInfo? {
        try await allItems { page in
            try await session.client.promotions(model: model.name, version: version, space: source, after: page)
        }.first { $0.to == to && [.applied, .checking, .awaitingApproval].contains($0.state) }
    }
}
