import Deployments
import Gateway
import ManagementAPI
import Serving

/// The shapes of rollouts.
enum OpenAPIRollouts {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let number: JSONValue = ["type": "number"]
    private static let flag = OpenAPISchemas.flag
    private static let percent: JSONValue = ["type": "number", "exclusiveMinimum": 0, "maximum": 100]
    /// `90s`, `2m`, `1h`, `7d`, or seconds.
    private static let duration: JSONValue = ["type": ["string", "integer"]]
    private static let version: JSONValue = ["type": ["string", "integer"]]
    private static let strategy: JSONValue = [
        "type": "string", "enum": .array(RolloutStrategy.allCases.map { .string($0.words) }),
    ]
    private static let anything: JSONValue = ["type": "object", "additionalProperties": true]

    private static func ref(_ name: String) -> JSONValue { OpenAPISchemas.ref(name) }
    private static func arrayOf(_ items: JSONValue) -> JSONValue { OpenAPISchemas.arrayOf(items) }

    static let schemas: [String: JSONValue] = requests.merging(answers) { first, _ in first }

    private static let requests: [String: JSONValue] = [
        "RolloutRequest": OpenAPISchemas.object(request, optional: Set(request.keys)),
        "RolloutVariantRequest": OpenAPISchemas.object(["name": string, "to": version, "weight": percent]),
        "StickyRequest": OpenAPISchemas.object(
            ["header": string, "parameter": string, "input": string], optional: ["header", "parameter", "input"]),
        "ShadowTolerance": OpenAPISchemas.object(
            ["relative": number, "absolute": number], optional: ["relative", "absolute"]),
        "ShadowRequest": OpenAPISchemas.object(
            [
                "share": percent, "queue": integer, "relative": number, "absolute": number, "segment": string,
                "outputs": ["type": "object", "additionalProperties": ref("ShadowTolerance")],
            ], optional: ["share", "queue", "relative", "absolute", "segment", "outputs"]),
        "ExperimentMetricRequest": OpenAPISchemas.object(
            ["name": string, "better": string, "role": string, "margin": number],
            optional: ["better", "role", "margin"]),
        "RolloutDecision": OpenAPISchemas.object(
            ["reason": string, "variant": string], optional: ["reason", "variant"]),
        "RollbackRequest": OpenAPISchemas.object(["to": integer, "reason": string], optional: ["to", "reason"]),
    ]

    private static let request: [String: JSONValue] = [
        "to": version, "strategy": strategy,
        // A share, or a share with a hold of its own.
        "steps": ["type": "array", "items": ["type": ["number", "object"]]],
        "hold": duration, "weight": percent, "variants": arrayOf(ref("RolloutVariantRequest")),
        "sticky": ref("StickyRequest"), "header": string, "watch": duration, "maxErrorRate": number,
        "shadow": ref("ShadowRequest"), "analysis": anything, "checks": arrayOf(anything),
        "metrics": arrayOf(ref("ExperimentMetricRequest")), "expires": duration,
        "reason": string,
    ]

    private static let answers: [String: JSONValue] = [
        "RolloutInfo": OpenAPISchemas.object(
            [
                "endpoint": string, "space": string, "rollout": integer, "strategy": strategy,
                "state": OpenAPISchemas.oneOf(RolloutState.self), "message": string, "model": string,
                "fromVersion": integer, "fromRevision": integer, "variants": arrayOf(ref("RolloutVariantInfo")),
                "step": ref("RolloutStepInfo"), "sticky": string, "servedSeconds": number, "verdict": string,
                "evidence": string, "metrics": arrayOf(ref("RolloutMetricInfo")),
                "checks": arrayOf(ref("RolloutCheckInfo")), "approvals": ref("ApprovalInfo"), "reason": string,
                "requestedBy": string, "requestedAt": string, "updatedAt": string, "steps": arrayOf(ref("StepInfo")),
            ], optional: ["step", "sticky", "verdict", "approvals"]),
        "RolloutVariantInfo": OpenAPISchemas.object([
            "variant": string, "version": integer, "weight": number, "requests": integer, "errors": integer,
        ]),
        "RolloutStepInfo": OpenAPISchemas.object([
            "step": integer, "of": integer, "weights": arrayOf(number), "holdSeconds": number, "heldSeconds": number,
            "promotesItself": flag,
        ]),
        "RolloutMetricInfo": OpenAPISchemas.object(
            [
                "variant": string, "name": string, "stable": number, "canary": number, "unit": string, "limit": number,
                "odds": number, "needed": number, "stableSamples": integer, "canarySamples": integer,
                "verdict": string, "sentence": string,
            ], optional: ["stable", "canary", "limit", "odds", "needed"]),
        "RolloutCheckInfo": OpenAPISchemas.object(
            ["name": string, "outcome": string, "detail": string, "at": string], optional: ["outcome", "at"]),
        "LiveInfo": OpenAPISchemas.object(
            [
                "endpoint": string, "space": string, "at": string, "revision": ref("RevisionInfo"), "rollout": integer,
                "variants": arrayOf(ref("RolloutVariantInfo")), "message": string,
            ], optional: ["revision", "rollout"]),
    ]
}
