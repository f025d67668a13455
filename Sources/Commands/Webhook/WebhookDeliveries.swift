import ArgumentParser
import ManagementAPI
import SlipwayClient

struct WebhookTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a test to a webhook, once, and say what came of it.",
        discussion: "A paused webhook gets it too.")

    @Argument(help: "The webhook's name.")
    var name: String

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let delivery = try await session.client.testWebhook(name, of: which.scope)
            if session.format == .json {
                try session.printJSON(delivery)
            } else {
                session.console.print(AlertText.delivery(delivery))
            }
            guard delivery.state == "delivered" else {
                throw Failure("the test did not arrive", hint: "a test is sent once; events are sent again")
            }
        }
    }
}

struct WebhookDeliveries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries", abstract: "List the events that went out or wait, newest first.")

    @Argument(help: "The webhook's name; all of them unless given.")
    var name: String?

    @Option(help: "Only those that are pending, delivered or failed.")
    var state: String?

    @Option(help: "At most so many.")
    var limit = 50

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let deliveries = try await session.client.webhookDeliveries(
                of: name, state: state, in: which.scope, limit: min(max(1, limit), 1000)
            ).items
            if session.format == .json { return try session.printJSON(deliveries) }
            guard !deliveries.isEmpty else { return session.console.print("no deliveries \(which.place(session))") }
            session.print(WebhookText.deliveries(deliveries))
        }
    }
}

struct WebhookRedeliver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redeliver", abstract: "Send the event of a delivery again, under its own id.")

    @Argument(help: "The delivery's number, as `slipway webhook deliveries` shows it.")
    var delivery: Int

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let again = try await session.client.redeliver(delivery, in: which.scope)
            if session.format == .json { return try session.printJSON(again) }
            session.console.print("delivery \(again.delivery): \(again.type) of \(again.subject) is sent again")
        }
    }
}

struct WebhookSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Print the secret that a space's webhooks are signed with.",
        discussion: """
            Receivers check the signature with it, as Standard Webhooks has it. Webhooks that name a secret of the \
            server's settings are signed with that one instead, which is never shown.
            """)

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info =
                which.allSpaces
                ? try await session.client.serverWebhookSecret() : try await session.client.webhookSecret()
            if session.format == .json { return try session.printJSON(info) }
            session.console.print(info.secret)
        }
    }
}
