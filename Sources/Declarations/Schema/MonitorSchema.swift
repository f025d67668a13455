import Alerts
import Documents
import Quality

/// The part of the schema about how endpoints are watched.
enum MonitorSchema {
    private typealias Schema = DeclarationSchema

    static let monitor: DocumentValue = Schema.object(
        [
            "endpoint": Schema.name("The endpoint that is watched."), "space": Schema.inSpace, "drift": drift,
            "quality": quality, "alerts": alerts, "retraining": Schema.list(retraining),
        ], required: ["endpoint"])

    private static let drift: DocumentValue = Schema.object(
        [
            "enabled": Schema.flag, "fullRows": Schema.whole(50...100_000), "referenceRows": Schema.whole(50...100_000),
            "shortestSeconds": Schema.number, "usualSeconds": Schema.number, "longestSeconds": Schema.number,
            "hourlyAlpha": Schema.number, "suspicion": Schema.number, "leastIndex": Schema.number,
            "leastDistance": Schema.number, "leastShare": Schema.number,
        ], more: ["description": .text("docs/reference/drift.md")])

    private static let quality: DocumentValue = Schema.object(
        [
            "task": Schema.words(QualitySettings.Task.allCases.map(\.rawValue)), "prediction": Schema.text(),
            "scores": Schema.text(), "classes": Schema.array(Schema.anything), "positive": Schema.anything,
            "key": Schema.text(), "metrics": Schema.array(Schema.text()), "segments": Schema.array(Schema.text()),
            "window": Schema.object(["rows": wholeNumber, "hours": wholeNumber]),
        ], more: ["description": .text("docs/reference/quality.md")])

    private static let wholeNumber: DocumentValue = .mapping(["type": .text("integer"), "minimum": .whole(1)])

    private static let alerts: DocumentValue = Schema.object(
        [
            "rules": Schema.array(
                Schema.object(
                    [
                        "name": Schema.name("A default rule's name takes its place."),
                        "kind": Schema.words(AlertKind.allCases.map(\.rawValue)), "enabled": Schema.flag,
                        "for": Schema.duration, "resolveAfter": Schema.duration, "objective": Schema.number,
                        "burn": Schema.number, "short": Schema.duration, "long": Schema.duration,
                        "milliseconds": Schema.number, "times": Schema.number, "floor": Schema.number,
                        "window": Schema.duration, "minimum": Schema.number, "expected": Schema.number,
                        "windows": wholeNumber, "clearWindows": wholeNumber, "effect": Schema.number,
                        "metric": Schema.text(), "margin": Schema.number, "share": Schema.number,
                    ])),
            "notify": Schema.array(
                Schema.object([
                    "webhook": Schema.text("An address; what signs is the secret's name, never the secret."),
                    "secret": Schema.text(), "command": Schema.array(Schema.text()),
                ])),
        ], more: ["description": .text("docs/reference/alerts.md")])

    private static let retraining: DocumentValue = Schema.object(
        [
            "name": Schema.name("The rule's name."), "enabled": Schema.flag,
            "when": Schema.object([
                "schedule": Schema.text(), "labelledRows": wholeNumber, "alert": Schema.text(),
                "folder": Schema.text(),
            ]),
            "command": Schema.array(Schema.text()), "folder": Schema.text(), "webhook": Schema.text(),
            "coolDown": Schema.duration, "concurrent": Schema.whole(1...16),
            "rows": Schema.whole(1...10_000_000), "limits": Schema.anyObject, "then": Schema.anyObject,
        ], required: ["name"], more: ["description": .text("docs/reference/retraining.md")])
}
