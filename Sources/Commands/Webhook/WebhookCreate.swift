import ArgumentParser
import ManagementAPI
import SlipwayClient

struct WebhookCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Have somebody told of what happens from now on.")

    @Argument(help: "The webhook's name.")
    var name: String

    @Option(help: "Where events go: https://...")
    var url: String

    @Option(help: ArgumentHelp("Which: 'promotion.*,deployment.created'; everything unless given.", valueName: "list"))
    var events: [String] = []

    @Option(help: ArgumentHelp("The server's secret to sign by; the space's own unless given.", valueName: "name"))
    var secret: String?

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let patterns = WebhookText.patterns(events)
            let made = try await session.client.createWebhook(
                WebhookRequest(name: name, url: url, secret: secret, events: patterns.isEmpty ? nil : patterns),
                of: which.scope)
            if session.format == .json { return try session.printJSON(made) }
            session.console.print(
                "webhook \(made.webhook) \(which.place(session)): \(made.events.joined(separator: ", ")) to \(made.target)"
            )
            let flag = which.allSpaces ? " --all-spaces" : ""
            session.console.print("next: slipway webhook test \(made.webhook)\(flag)")
        }
    }
}

struct WebhookChange: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change where a webhook goes or what it gets; what is not named stays.")

    @Argument(help: "The webhook's name.")
    var name: String

    @Option(help: "Where events go.")
    var url: String?

    @Option(help: ArgumentHelp("Which events: '*' for everything.", valueName: "list"))
    var events: [String] = []

    @Option(help: ArgumentHelp("The server's secret to sign by; '' for the space's own.", valueName: "name"))
    var secret: String?

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard url != nil || secret != nil || !events.isEmpty else {
            throw ValidationError("name what is to change: --url, --events or --secret")
        }
    }

    func run() async throws {
        try await Session.run(global) { session in
            let patterns = WebhookText.patterns(events)
            let now = try await session.client.updateWebhook(
                name, WebhookUpdate(url: url, secret: secret, events: patterns.isEmpty ? nil : patterns),
                of: which.scope)
            if session.format == .json { return try session.printJSON(now) }
            session.console.print(
                "webhook \(now.webhook), revision \(now.revision): \(now.events.joined(separator: ", ")) to \(now.target)"
            )
        }
    }
}
