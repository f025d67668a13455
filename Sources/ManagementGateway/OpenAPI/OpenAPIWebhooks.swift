import Gateway
import Webhooks

/// The shapes of webhooks, and what their routes take and give.
enum OpenAPIWebhooks {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let patterns: JSONValue = [
        "type": "array", "maxItems": 64, "items": ["type": "string"],
        "description": "promotion.*, deployment.created, or * for everything",
    ]

    static let schemas: [String: JSONValue] = [
        "WebhookInfo": OpenAPISchemas.object(
            [
                "webhook": string, "space": string, "target": string, "secret": string,
                "events": OpenAPISchemas.arrayOf(string), "state": ["type": "string", "enum": ["active", "paused"]],
                "pausedAt": string, "pausedBy": string, "reason": string, "failingSince": string,
                "lastFailure": string, "lastDeliveredAt": string, "pending": integer, "revision": integer,
                "createdAt": string, "createdBy": string,
            ],
            optional: [
                "space", "secret", "pausedAt", "pausedBy", "reason", "failingSince", "lastFailure", "lastDeliveredAt",
            ]),
        "WebhookRequest": OpenAPISchemas.object(
            ["name": string, "url": string, "secret": string, "events": patterns], optional: ["secret", "events"]),
        "WebhookUpdate": OpenAPISchemas.object(
            ["url": string, "secret": string, "events": patterns], optional: ["url", "secret", "events"]),
        "WebhookResumeRequest": OpenAPISchemas.object(["fromNow": OpenAPISchemas.flag], optional: ["fromNow"]),
    ]
}

extension OpenAPIOperation {
    /// `nil` for what is no route of webhooks.
    static func webhooks(_ id: RouteID) -> OpenAPIOperation? {
        switch id {
        case .webhooks, .serverWebhooks: listing("WebhookInfo")
        case .webhook, .serverWebhook: OpenAPIOperation(answers: [200: json("WebhookInfo")])
        case .createWebhook, .createServerWebhook:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("WebhookRequest"), answers: [201: json("WebhookInfo")])
        case .updateWebhook, .updateServerWebhook:
            OpenAPIOperation(
                parameters: [idempotencyKey, ifMatch], body: document("WebhookUpdate"),
                answers: [200: json("WebhookInfo")])
        case .deleteWebhook, .deleteServerWebhook:
            OpenAPIOperation(parameters: [idempotencyKey], answers: [200: json("WebhookInfo")])
        case .pauseWebhook, .pauseServerWebhook:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: optional("EndRequest"), answers: [200: json("WebhookInfo")])
        case .resumeWebhook, .resumeServerWebhook:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: optional("WebhookResumeRequest"),
                answers: [200: json("WebhookInfo")])
        case .testWebhook, .testServerWebhook, .webhookDelivery, .serverWebhookDelivery:
            OpenAPIOperation(answers: [200: json("DeliveryInfo")])
        case .webhookDeliveries, .serverWebhookDeliveries:
            listing(
                "DeliveryInfo",
                [
                    query("webhook", ["type": "string"]),
                    query("state", OpenAPISchemas.oneOf(Delivery.State.self)),
                ])
        case .redeliverWebhook, .redeliverServerWebhook:
            OpenAPIOperation(parameters: [idempotencyKey], answers: [201: json("DeliveryInfo")])
        case .serverWebhookSecret: OpenAPIOperation(answers: [200: json("WebhookSecretInfo")])
        default: nil
        }
    }
}
