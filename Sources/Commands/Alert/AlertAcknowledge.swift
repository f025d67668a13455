import ArgumentParser
import ManagementAPI
import SlipwayClient

struct AlertAcknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Say that you look after an alert that fires.")

    @Argument(help: "The alert's number.")
    var alert: Int

    @Option(help: "A word for the others.")
    var comment: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let alert = try await session.client.acknowledge(self.alert, comment: comment)
            if session.format == .json { return try session.printJSON(alert) }
            session.console.print(
                "alert \(alert.alert) (\(alert.rule) of \(alert.endpoint)) is looked after by "
                    + (alert.acknowledgedBy ?? "you"))
        }
    }
}
