import ArgumentParser
import ManagementAPI
import SlipwayClient

struct PromotionApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Approve of a promotion into the space.",
        discussion: """
            When the evidence is out of date (another policy, another version live since
            the gates ran), the gates run again instead and nothing is approved: exit
            code 1.
            """)

    @Argument(help: "The promotion's number.")
    var promotion: PromotionNumber

    @Option(help: "What to keep beside the approval.")
    var comment: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let answer = try await session.client.approve(promotion: promotion.number, comment: comment)
            if session.format == .json {
                try session.printJSON(answer)
            } else if answer.counted {
                session.console.print(
                    "approved promotion \(promotion.number): \(PromotionText.outcome(answer.promotion))")
                for line in PromotionText.next(answer.promotion, session) { session.console.print(line) }
            }
            guard !answer.counted else { return }
            let why = answer.promotion.steps.last { $0.kind == "stale" || $0.kind == "superseded" }?.text ?? ""
            throw Failure(
                "promotion \(promotion.number) was not approved: \(why)",
                hint: answer.promotion.state == .checking || answer.promotion.state == .awaitingApproval
                    ? "look at the new evidence, then approve again: slipway promotion show \(promotion.number) "
                        + "--space \(session.space)" : nil)
        }
    }
}
