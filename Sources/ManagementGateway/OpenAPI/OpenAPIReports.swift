import Gateway
import ManagementAPI

/// The shapes of outcomes, and of what rollouts find out by comparing.
enum OpenAPIReports {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let number: JSONValue = ["type": "number"]

    private static func ref(_ name: String) -> JSONValue { OpenAPISchemas.ref(name) }
    private static func arrayOf(_ items: JSONValue) -> JSONValue { OpenAPISchemas.arrayOf(items) }

    static let schemas: [String: JSONValue] = outcomes.merging(experiment) { first, _ in first }
        .merging(shadow) { first, _ in first }

    private static let outcomes: [String: JSONValue] = [
        "OutcomesRequest": OpenAPISchemas.object(["outcomes": arrayOf(ref("OutcomeRequest"))]),
        "OutcomeRequest": OpenAPISchemas.object(
            [
                "prediction": string, "key": string,
                "values": ["type": "object", "additionalProperties": ["type": "number"]],
            ], optional: ["prediction", "key"]),
        "OutcomesAnswer": OpenAPISchemas.object(["rollout": integer, "accepted": integer, "unknown": integer]),
        "RolloutReportInfo": OpenAPISchemas.object(
            [
                "endpoint": string, "space": string, "rollout": integer, "strategy": string,
                "state": OpenAPISchemas.oneOf(RolloutState.self), "model": string, "verdict": string,
                "sentence": string, "experiment": ref("ExperimentInfo"), "shadow": ref("ShadowInfo"),
            ], optional: ["experiment", "shadow"]),
    ]

    private static let experiment: [String: JSONValue] = [
        "ExperimentInfo": OpenAPISchemas.object(
            [
                "arms": arrayOf(ref("ExperimentArm")), "ratioUnit": string, "ratioPValue": number,
                "metrics": arrayOf(ref("ExperimentMetric")),
            ], optional: ["ratioUnit", "ratioPValue"]),
        "ExperimentArm": OpenAPISchemas.object([
            "variant": string, "version": integer, "weight": number, "requests": integer, "errors": integer,
            "units": integer,
        ]),
        "ExperimentMetric": OpenAPISchemas.object(
            [
                "name": string, "role": string, "better": string, "margin": number, "variant": string,
                "stableCount": integer, "stableMean": number, "count": integer, "mean": number, "difference": number,
                "low": number, "high": number, "lift": number, "liftLow": number, "liftHigh": number,
                "standardized": number, "pValue": number, "verdict": string, "sentence": string,
            ],
            optional: [
                "stableMean", "mean", "difference", "low", "high", "lift", "liftLow", "liftHigh", "standardized",
                "pValue",
            ]),
    ]

    private static let shadow: [String: JSONValue] = [
        "ShadowInfo": OpenAPISchemas.object(
            [
                "maxDisagreement": number, "disagreements": ref("ShadowShare"), "errors": integer,
                "lastError": string, "mirrored": integer, "dropped": integer, "rows": ref("ShadowShare"),
                "outputs": arrayOf(ref("ShadowPart")), "segments": arrayOf(ref("ShadowPart")),
                "worst": arrayOf(ref("ShadowRow")), "p50": ref("ShadowLatency"), "p99": ref("ShadowLatency"),
            ], optional: ["lastError"]),
        "ShadowShare": OpenAPISchemas.object(
            ["count": integer, "of": integer, "share": number, "low": number, "high": number], optional: ["share"]),
        "ShadowPart": OpenAPISchemas.object(
            ["name": string, "rows": ref("ShadowShare"), "largestDifference": number, "meanDifference": number],
            optional: ["name", "largestDifference", "meanDifference"]),
        "ShadowRow": OpenAPISchemas.object(
            [
                "prediction": string, "row": integer, "segment": string, "output": string, "badness": number,
                "primary": arrayOf(string), "candidate": arrayOf(string),
            ], optional: ["segment"]),
        "ShadowLatency": OpenAPISchemas.object(
            ["primary": number, "candidate": number], optional: ["primary", "candidate"]),
    ]
}
