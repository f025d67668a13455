import ArgumentParser
import ManagementAPI
import SlipwayClient

struct PromotionReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Say how a check went that another system made.",
        discussion: """
            For gates of the kind external, from a CI job or a notebook:

              slipway promotion report 7 --check ci --passed --link https://ci.example/42
            """)

    @Argument(help: "The promotion's number.")
    var promotion: PromotionNumber

    @Option(help: ArgumentHelp("The gate's name in the policy.", valueName: "name"))
    var check: String

    @Flag(help: "It passed.")
    var passed = false

    @Flag(help: "It did not pass.")
    var failed = false

    @Option(help: ArgumentHelp("Where the evidence is.", valueName: "url"))
    var link: String?

    @Option(help: "What else to keep.")
    var note: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard passed != failed else { throw ValidationError("give either --passed or --failed") }
    }

    func run() async throws {
        try await Session.run(global) { session in
            let report = CheckReport(outcome: passed ? .passed : .failed, link: link, note: note)
            let info = try await session.client.report(check: check, of: promotion.number, report)
            if session.format == .json { return try session.printJSON(info) }
            session.console.print(
                "reported \(check) of promotion \(info.number) as \(report.outcome.rawValue): \(PromotionText.outcome(info))"
            )
        }
    }
}
