import ArgumentParser
import ManagementAPI
import SlipwayClient

struct WebhookList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List webhooks, and how each stands.")

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let webhooks = try await allItems { page in
                try await session.client.webhooks(of: which.scope, after: page)
            }
            if session.format == .json { return try session.printJSON(webhooks) }
            guard !webhooks.isEmpty else { return session.console.print("no webhooks \(which.place(session))") }
            session.print(
                Table(
                    columns: [
                        .init(title: "WEBHOOK", mayShrink: true), .init(title: "TO", mayShrink: true),
                        .init(title: "EVENTS", mayShrink: true), .init(title: "WAITING", isNumber: true),
                        .init(title: "LAST"), .init(title: "STATE", mayShrink: true),
                    ],
                    rows: webhooks.map { webhook in
                        [
                            webhook.webhook, webhook.target, webhook.events.joined(separator: ","),
                            String(webhook.pending), webhook.lastDeliveredAt.map { Age.text($0) } ?? "",
                            WebhookText.state(webhook),
                        ]
                    }))
        }
    }
}

struct WebhookShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one webhook.")

    @Argument(help: "The webhook's name.")
    var name: String

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let webhook = try await session.client.webhook(name, of: which.scope)
            if session.format == .json { return try session.printJSON(webhook) }
            let console = session.console
            console.print(console.emphasis.strong("webhook \(webhook.webhook)") + " \(which.place(session))")
            for line in WebhookText.facts(webhook).lines(width: console.width, emphasis: console.emphasis) {
                console.print(line)
            }
        }
    }
}
