import Documents
import Journal
import Retraining
import Webhooks

/// Tells other systems of runs that are theirs to do: signed, kept and repeated like the messages of alerts.
struct RunWebhookSender: RunWebhooks {
    let deliveries: DeliveryService

    func check(url: String) throws(ControlError) { _ = try WebhookTarget(url: url) }

    func send(_ run: RetrainingRun, to url: String) async throws(ControlError) {
        var data: [String: DocumentValue] = [
            "run": .whole(run.number), "rule": .text(run.rule.name), "space": .text(run.space),
            "endpoint": .text(run.endpoint), "model": .text(run.model), "modelSpace": .text(run.modelSpace),
            "causeKind": .text(run.cause.kind.rawValue), "cause": .text(run.cause.sentence),
            "report": .text("/api/v1/spaces/\(run.space)/retraining/runs/\(run.number)/report"),
        ]
        if let alert = run.cause.alert { data["alert"] = .whole(alert) }
        let event = CloudEvent(
            id: "retraining-run-\(run.number)", source: "/api/v1/spaces/\(run.space)/deployments/\(run.endpoint)",
            type: "slipway.retraining.requested", subject: "retraining/runs/\(run.number)", time: run.requestedAt,
            data: .mapping(data))
        try await deliveries.deliver(
            event, to: .webhook(try WebhookTarget(url: url)), space: run.space, principal: .automation)
    }
}
