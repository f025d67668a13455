import ArgumentParser
import ManagementAPI
import SlipwayClient

struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Have others told of what happens, and see what became of it.",
        discussion: """
            A webhook gets an event for each version that is pushed, each promotion, deployment, rollout, alert ... of a \
            space, signed, and again until it arrives: docs/reference/webhooks.md lists them.
            """,
        subcommands: [
            WebhookCreate.self, WebhookList.self, WebhookShow.self, WebhookChange.self, WebhookPause.self,
            WebhookResume.self, WebhookDelete.self, WebhookTest.self, WebhookDeliveries.self, WebhookRedeliver.self,
            WebhookSecret.self,
        ])
}

/// Which webhooks a command means.
struct WebhookOptions: ParsableArguments {
    @Flag(
        name: .customLong("all-spaces"),
        help: "Webhooks of the whole server, which its owners have, instead of one space's.")
    var allSpaces = false

    var scope: WebhookScope { allSpaces ? .server : .space }

    func place(_ session: Session) -> String { allSpaces ? "of the server" : "in space \(session.space)" }
}

/// How webhooks are shown.
enum WebhookText {
    /// `active`, `failing since ...`, `paused: why`.
    static func state(_ webhook: WebhookInfo) -> String {
        if webhook.state == "paused" {
            return "paused by \(webhook.pausedBy ?? "")" + (webhook.reason.map { ": \($0)" } ?? "")
        }
        guard let since = webhook.failingSince else { return webhook.state }
        return "failing since \(Age.moment(since)): \(webhook.lastFailure ?? "")"
    }

    static func facts(_ webhook: WebhookInfo) -> Facts {
        var facts = Facts()
        facts.add("target", webhook.target)
        facts.add("events", webhook.events.joined(separator: ", "))
        facts.add("signed by", webhook.secret.map { "the server's secret \($0)" } ?? "slipway webhook secret")
        facts.add("state", state(webhook))
        facts.add("since", webhook.pausedAt.map(Age.moment))
        facts.add("waiting", webhook.pending == 0 ? nil : "\(webhook.pending)")
        facts.add("last delivery", webhook.lastDeliveredAt.map { Age.text($0) })
        facts.add("made", "\(Age.text(webhook.createdAt)) by \(webhook.createdBy)")
        facts.add("revision", "\(webhook.revision)")
        return facts
    }

    static func deliveries(_ deliveries: [DeliveryInfo]) -> Table {
        Table(
            columns: [
                .init(title: "DELIVERY", isNumber: true), .init(title: "WEBHOOK", mayShrink: true),
                .init(title: "TYPE"), .init(title: "OF", mayShrink: true), .init(title: "STATE"),
                .init(title: "ATTEMPTS", isNumber: true), .init(title: "WHEN"), .init(title: "", mayShrink: true),
            ],
            rows: deliveries.map { delivery in
                [
                    String(delivery.delivery), delivery.webhook ?? "", delivery.type, delivery.subject, delivery.state,
                    String(delivery.attempts), Age.text(delivery.createdAt), delivery.outcome,
                ]
            })
    }

    /// `promotion.*,deployment.created` as it is written at `--events`, which may be given more than once.
    static func patterns(_ texts: [String]) -> [String] {
        texts.flatMap { text in
            text.split(separator: ",").map { word in
                String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }.filter { !$0.isEmpty }
    }
}
