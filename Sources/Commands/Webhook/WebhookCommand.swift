import ArgumentParser
import ManagementAPI
import SlipwayClient

struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "See what receivers of webhooks need.",
        subcommands: [WebhookSecret.self])
}

struct WebhookSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Print the secret that a space's webhooks are signed with.",
        discussion: """
            Receivers check the signature with it, as Standard Webhooks has it. Webhooks that name a secret of the \
            server's settings are signed with that one instead, which is never shown.
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let info = try await session.client.webhookSecret()
            if session.format == .json { return try session.printJSON(info) }
            session.console.print(info.secret)
        }
    }
}
