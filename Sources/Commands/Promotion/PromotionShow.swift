import ArgumentParser
import ManagementAPI
import SlipwayClient

struct PromotionShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a promotion: what has changed, what the gates found, what is missing.")

    @Argument(help: "The promotion's number.")
    var promotion: PromotionNumber

    @Flag(help: "Follow the gates until they end.")
    var follow = false

    @Flag(help: "Print every step too.")
    var steps = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            var info = try await session.client.promotion(promotion.number)
            if follow { info = try await PromotionFollower(session, space: session.space).follow(info) }
            if session.format == .json { return try session.printJSON(info) }
            PromotionText.print(info, session, steps: steps)
        }
    }
}
