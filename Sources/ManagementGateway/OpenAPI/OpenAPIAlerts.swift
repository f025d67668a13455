import Alerts
import Gateway
import Webhooks

/// The shapes of alerts, silences and messages.
enum OpenAPIAlerts {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let flag = OpenAPISchemas.flag
    private static let number: JSONValue = ["type": "number"]

    private static let figure = OpenAPISchemas.object(
        ["name": string, "value": number, "bound": number, "unit": string], optional: ["bound"])
    private static let link = OpenAPISchemas.object(
        ["title": string, "path": string, "command": string], optional: ["path", "command"])

    static let schemas: [String: JSONValue] = [
        "AlertInfo": OpenAPISchemas.object(
            [
                "alert": integer, "space": string, "endpoint": string, "rule": string,
                "kind": OpenAPISchemas.oneOf(AlertKind.self), "state": OpenAPISchemas.oneOf(Alert.State.self),
                "summary": string, "firedAt": string, "resolvedAt": string, "resolution": string, "version": integer,
                "windowSeconds": integer, "figures": OpenAPISchemas.arrayOf(figure),
                "links": OpenAPISchemas.arrayOf(link), "notified": flag, "acknowledgedAt": string,
                "acknowledgedBy": string, "comment": string,
            ],
            optional: [
                "resolvedAt", "resolution", "version", "windowSeconds", "acknowledgedAt", "acknowledgedBy", "comment",
            ]),
        "AcknowledgeRequest": OpenAPISchemas.object(["comment": string], optional: ["comment"]),
        "AlertRuleInfo": OpenAPISchemas.object(
            [
                "rule": string, "kind": OpenAPISchemas.oneOf(AlertKind.self),
                "state": ["type": "string", "enum": ["ok", "pending", "firing", "unknown"]], "alert": integer,
                "forSeconds": integer, "resolveAfterSeconds": integer, "summary": string,
            ], optional: ["alert"]),
        "SilenceRequest": OpenAPISchemas.object(
            ["endpoint": string, "rule": string, "seconds": integer, "until": string, "reason": string],
            optional: ["endpoint", "rule", "seconds", "until", "reason"]),
        "SilenceInfo": OpenAPISchemas.object(
            [
                "silence": integer, "space": string, "endpoint": string, "rule": string, "until": string,
                "reason": string, "createdBy": string, "createdAt": string, "endedAt": string, "active": flag,
            ], optional: ["endpoint", "rule", "endedAt"]),
        "DeliveryInfo": OpenAPISchemas.object(
            [
                "delivery": integer, "space": string, "event": string, "type": string, "subject": string,
                "target": string, "state": OpenAPISchemas.oneOf(Delivery.State.self), "attempts": integer,
                "outcome": string, "status": integer, "createdAt": string, "lastAt": string, "nextAt": string,
                "webhook": string, "body": string,
            ], optional: ["status", "lastAt", "nextAt", "webhook", "body"]),
        "AlertTestRequest": OpenAPISchemas.object(
            ["endpoint": string, "webhook": string, "secret": string], optional: ["endpoint", "webhook", "secret"]),
        "WebhookSecretInfo": OpenAPISchemas.object(["space": string, "secret": string]),
    ]
}
