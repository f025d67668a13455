import ArgumentParser
import ManagementAPI
import SlipwayClient

struct PromotionReject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Reject a promotion into the space.")

    @Argument(help: "The promotion's number.")
    var promotion: PromotionNumber

    @Option(help: "What has to be better; kept for ever.")
    var reason: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.reject(promotion: promotion.number, reason: reason)
            if session.format == .json { return try session.printJSON(info) }
            session.console.print("rejected promotion \(info.number) of \(info.model):\(info.version) to \(info.to)")
        }
    }
}
