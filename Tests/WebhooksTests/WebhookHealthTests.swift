import Journal
import Testing

@testable import Webhooks

@Suite struct WebhookHealthTests {
    private static func webhook() throws -> Webhook {
        Webhook(
            id: 1, name: "ci", space: "prod", target: try WebhookTarget(url: "https://example.com/secret-token"),
            events: .everything, revision: 1, pause: nil, cursor: 0, failingSince: nil, lastDeliveredAt: nil,
            lastFailure: "", createdAt: Timestamp(microseconds: 0), createdBy: "alice")
    }

    private static func second(_ number: Int) -> Timestamp { Timestamp(microseconds: number * 1_000_000) }

    @Test func `what fails for too long is paused once, and says why`() throws {
        var webhook = try Self.webhook()
        let bad = DeliveryOutcome(.retry, "it answered with status 500", status: 500)
        #expect(WebhookHealth.note(bad, of: &webhook, at: Self.second(100), pauseAfter: 60) == nil)
        #expect(WebhookHealth.note(bad, of: &webhook, at: Self.second(159), pauseAfter: 60) == nil)
        #expect(!webhook.isPaused && webhook.failingSince == Self.second(100))
        let event = try #require(WebhookHealth.note(bad, of: &webhook, at: Self.second(160), pauseAfter: 60))
        #expect(event.action == "webhook.pause" && event.detail["reason"]?.contains("status 500") == true)
        #expect(event.detail["target"] == "https://example.com/...")
        #expect(webhook.pause?.by == "server")
        #expect(WebhookHealth.note(bad, of: &webhook, at: Self.second(900), pauseAfter: 60) == nil)
    }

    @Test func `one that arrives begins the time anew`() throws {
        var webhook = try Self.webhook()
        let bad = DeliveryOutcome(.retry, "no")
        _ = WebhookHealth.note(bad, of: &webhook, at: Self.second(100), pauseAfter: 60)
        let good = DeliveryOutcome(.delivered, "delivered", status: 200)
        #expect(WebhookHealth.note(good, of: &webhook, at: Self.second(130), pauseAfter: 60) == nil)
        #expect(
            webhook.failingSince == nil && webhook.lastDeliveredAt == Self.second(130) && webhook.lastFailure.isEmpty)
        #expect(WebhookHealth.note(bad, of: &webhook, at: Self.second(170), pauseAfter: 60) == nil)
    }

    @Test func `a receiver that wants no more is paused at once`() throws {
        var webhook = try Self.webhook()
        let gone = DeliveryOutcome(.refused, "it wants no more messages", status: 410)
        #expect(WebhookHealth.note(gone, of: &webhook, at: Self.second(1), pauseAfter: 60)?.action == "webhook.pause")
    }

    @Test func `a clock that goes back pauses nothing`() throws {
        var webhook = try Self.webhook()
        let bad = DeliveryOutcome(.retry, "no")
        _ = WebhookHealth.note(bad, of: &webhook, at: Self.second(4000), pauseAfter: 60)
        #expect(WebhookHealth.note(bad, of: &webhook, at: Self.second(400), pauseAfter: 60) == nil)
        #expect(!webhook.isPaused)
    }
}
