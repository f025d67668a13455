import Journal
import ManagementAPI
import Webhooks

extension WebhookInfo {
    init(_ standing: WebhookStanding) {
        let webhook = standing.webhook
        self.init(
            webhook: webhook.name, space: webhook.space, target: webhook.target.shown, secret: webhook.target.secret,
            events: webhook.events.patterns, state: webhook.isPaused ? "paused" : "active",
            pausedAt: webhook.pause?.at.description, pausedBy: webhook.pause?.by,
            reason: webhook.pause.flatMap { $0.reason.isEmpty ? nil : $0.reason },
            failingSince: webhook.failingSince?.description,
            lastFailure: webhook.lastFailure.isEmpty ? nil : webhook.lastFailure,
            lastDeliveredAt: webhook.lastDeliveredAt?.description, pending: standing.pending,
            revision: webhook.revision, createdAt: webhook.createdAt.description, createdBy: webhook.createdBy)
    }
}
