import ArgumentParser
import ManagementAPI

struct PromotionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promotion", abstract: "List, show and decide about promotions.",
        subcommands: [
            PromotionList.self, PromotionShow.self, PromotionApprove.self, PromotionReject.self,
            PromotionWithdraw.self, PromotionReport.self,
        ])
}

/// The number of a promotion, as every verb takes it.
struct PromotionNumber: ExpressibleByArgument {
    var number: Int

    init?(argument: String) {
        guard let number = Int(argument), number > 0 else { return nil }
        self.number = number
    }
}
