import ArgumentParser
import ManagementAPI
import SlipwayClient

struct WebhookPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Keep a webhook's events back until it is resumed.")

    @Argument(help: "The webhook's name.")
    var name: String

    @Option(help: "Why, for the others.")
    var reason: String?

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let now = try await session.client.pauseWebhook(name, reason: reason, of: which.scope)
            if session.format == .json { return try session.printJSON(now) }
            session.console.print("webhook \(now.webhook) gets nothing until it is resumed")
        }
    }
}

struct WebhookResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a webhook have events again, from where it stopped.")

    @Argument(help: "The webhook's name.")
    var name: String

    @Flag(help: "Pass over what happened while it was paused; what waited already is sent all the same.")
    var fromNow = false

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let now = try await session.client.resumeWebhook(name, fromNow: fromNow, of: which.scope)
            if session.format == .json { return try session.printJSON(now) }
            session.console.print("webhook \(now.webhook) gets events again")
        }
    }
}

struct WebhookDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a webhook, with the log of what it got.",
        discussion: "What waits for it is not sent. To keep events back for a while there is `slipway webhook pause`.")

    @Argument(help: "The webhook's name.")
    var name: String

    @OptionGroup var which: WebhookOptions
    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    private struct Report: Encodable {
        var deleted: String
    }

    func run() async throws {
        try await Session.run(global) { session in
            try await session.client.deleteWebhook(name, of: which.scope)
            if session.format == .json { return try session.printJSON(Report(deleted: name)) }
            session.console.print("removed the webhook \(name)")
        }
    }
}
