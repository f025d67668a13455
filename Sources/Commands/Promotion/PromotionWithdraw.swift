import ArgumentParser
import ManagementAPI
import SlipwayClient

struct PromotionWithdraw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Take back a promotion that you asked for.")

    @Argument(help: "The promotion's number.")
    var promotion: PromotionNumber

    @Option(help: "Why, for the record.")
    var reason: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.withdraw(promotion: promotion.number, reason: reason)
            if session.format == .json { return try session.printJSON(info) }
            session.console.print("withdrew promotion \(info.number) of \(info.model):\(info.version) to \(info.to)")
        }
    }
}
