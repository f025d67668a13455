import ArgumentParser
import ManagementAPI
import SlipwayClient

struct PromotionList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the promotions into the space and out of it, newest first.")

    @Option(
        help: ArgumentHelp("Only those of this model, or of NAME:VERSION.", valueName: "name"),
        transform: { try VersionReference.parse($0) })
    var model: VersionReference?

    @Flag(help: "Only those that have not ended.")
    var open = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let promotions = try await allItems { page in
                try await session.client.promotions(
                    model: model?.name, version: model?.version, onlyOpen: open, after: page)
            }
            if session.format == .json { return try session.printJSON(promotions) }
            guard !promotions.isEmpty else {
                return session.console.print("no promotions\(open ? " are open" : "") in space \(session.space)")
            }
            session.print(
                Table(
                    columns: [
                        .init(title: "NUMBER", isNumber: true), .init(title: "MODEL", mayShrink: true),
                        .init(title: "FROM"), .init(title: "TO"), .init(title: "STATE"), .init(title: "WHEN"),
                        .init(title: "BY", mayShrink: true), .init(title: "", mayShrink: true),
                    ],
                    rows: promotions.map { promotion in
                        [
                            String(promotion.number), "\(promotion.model):\(promotion.version)", promotion.from,
                            promotion.to, PromotionText.state(promotion.state), Age.text(promotion.updatedAt),
                            promotion.requestedBy, promotion.state == .applied ? "" : promotion.message,
                        ]
                    }))
        }
    }
}
