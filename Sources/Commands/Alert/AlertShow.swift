import ArgumentParser
import ManagementAPI
import SlipwayClient

struct AlertShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one alert with its evidence, and where there is more.")

    @Argument(help: "The alert's number.")
    var alert: Int

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let alert = try await session.client.alert(self.alert)
            if session.format == .json { return try session.printJSON(alert) }
            let console = session.console
            console.print(
                console.emphasis.strong("alert \(alert.alert)")
                    + ": rule \(alert.rule) of endpoint \(alert.endpoint) in space \(alert.space)")
            for line in Self.facts(alert).lines(width: console.width, emphasis: console.emphasis) {
                console.print(line)
            }
        }
    }

    private static func facts(_ alert: AlertInfo) -> Facts {
        var facts = Facts()
        facts.add("state", alert.state)
        facts.add("since", Age.moment(alert.firedAt))
        facts.add("ended", alert.resolvedAt.map { "\(Age.moment($0)): \(alert.resolution ?? "")" })
        facts.add("why", alert.summary)
        facts.add("figures", alert.figures.map(AlertText.figure))
        facts.add("version", alert.version.map { String($0) })
        facts.add("told", alert.notified ? "yes" : "nobody")
        facts.add(
            "looked after",
            alert.acknowledgedBy.map { by in
                "by \(by)" + (alert.comment.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? "")
            })
        facts.add("more", alert.links.map { $0.command ?? $0.path ?? $0.title })
        return facts
    }
}
