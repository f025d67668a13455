import ArgumentParser
import ManagementAPI
import SlipwayClient

struct AlertTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a test to a webhook, or to whom an endpoint's alerts go.")

    @Argument(help: "The endpoint whose targets are tested.")
    var endpoint: String?

    @Option(help: ArgumentHelp("A webhook to test instead.", valueName: "url"))
    var webhook: String?

    @Option(help: ArgumentHelp("The server's secret to sign by.", valueName: "name"))
    var secret: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (endpoint == nil) != (webhook == nil) else {
            throw ValidationError("name an endpoint, or a webhook with --webhook")
        }
        if secret != nil, webhook == nil { throw ValidationError("--secret belongs to --webhook") }
    }

    func run() async throws {
        try await Session.run(global) { session in
            let deliveries = try await session.client.testAlerts(
                AlertTestRequest(endpoint: endpoint, webhook: webhook, secret: secret)
            ).items
            if session.format == .json {
                try session.printJSON(deliveries)
            } else {
                for delivery in deliveries { session.console.print(AlertText.delivery(delivery)) }
            }
            let failed = deliveries.filter { $0.state != "delivered" }
            guard failed.isEmpty else {
                throw Failure(
                    "\(failed.count) of \(deliveries.count) tests did not arrive",
                    hint: "slipway alert deliveries shows whether a later attempt does")
            }
        }
    }
}

struct AlertDeliveries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries", abstract: "List the messages that went out or wait, newest first.")

    @Option(help: "At most so many.")
    var limit = 50

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let deliveries = try await session.client.alertDeliveries(limit: min(max(1, limit), 1000)).items
            if session.format == .json { return try session.printJSON(deliveries) }
            guard !deliveries.isEmpty else {
                return session.console.print("no messages of space \(session.space)")
            }
            session.print(
                Table(
                    columns: [
                        .init(title: "DELIVERY", isNumber: true), .init(title: "OF"), .init(title: "TYPE"),
                        .init(title: "TO", mayShrink: true), .init(title: "STATE"),
                        .init(title: "ATTEMPTS", isNumber: true), .init(title: "WHEN"),
                        .init(title: "", mayShrink: true),
                    ],
                    rows: deliveries.map { delivery in
                        [
                            String(delivery.delivery), delivery.subject, delivery.type, delivery.target,
                            delivery.state, String(delivery.attempts), Age.text(delivery.createdAt),
                            delivery.outcome,
                        ]
                    }))
        }
    }
}
