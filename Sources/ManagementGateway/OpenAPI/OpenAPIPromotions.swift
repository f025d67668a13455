import Gateway
import Governance
import Identity
import ManagementAPI

/// The schemas of policies and promotions.
enum OpenAPIPromotions {
    static let all: [String: JSONValue] = policies.merging(promotions) { first, _ in first }

    private static let string: JSONValue = ["type": "string"]
    private static let integer: JSONValue = ["type": "integer"]
    private static let number: JSONValue = ["type": "number"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let strings: JSONValue = ["type": "array", "items": ["type": "string"]]

    private static func ref(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/" + name)] }
    private static func arrayOf(_ name: String) -> JSONValue { ["type": "array", "items": ref(name)] }

    private static let roles: JSONValue = [
        "type": "array", "minItems": 1,
        "items": ["type": "string", "enum": .array(Role.ofMembers.map { .string($0.rawValue) })],
    ]

    private static let policies: [String: JSONValue] = [
        "SpaceRequest": OpenAPISchemas.object(["name": string]),
        "SpacePolicy": OpenAPISchemas.object(
            [
                "promotesFrom": strings, "gates": arrayOf("GatePolicy"), "approvals": ref("ApprovalPolicy"),
                "isolation": OpenAPISchemas.oneOf(IsolationDemand.self), "deploy": roles, "rollout": roles,
                "rollback": roles, "rolloutApprovals": ref("ApprovalPolicy"), "frozen": flag, "frozenReason": string,
            ],
            optional: [
                "promotesFrom", "gates", "approvals", "isolation", "deploy", "rollout", "rollback", "rolloutApprovals",
                "frozen", "frozenReason",
            ]),
        "ApprovalPolicy": OpenAPISchemas.object(
            ["count": ["type": "integer", "minimum": 0, "maximum": 16], "roles": roles, "fourEyes": flag],
            optional: ["count", "roles", "fourEyes"]),
        // And the fields of its kind, which docs/reference/gates.md describes.
        "GatePolicy": [
            "type": "object", "required": ["name", "kind"], "additionalProperties": true,
            "properties": [
                "name": ["type": "string"], "kind": OpenAPISchemas.oneOf(GateKind.self), "models": strings,
            ],
        ],
        "PolicyRevisionInfo": OpenAPISchemas.object([
            "revision": integer, "policy": ref("SpacePolicy"), "setAt": string, "setBy": string,
        ]),
    ]

    private static let promotions: [String: JSONValue] = [
        "PromotionRequest": OpenAPISchemas.object(
            ["model": string, "version": ["type": "integer", "minimum": 1], "to": string, "reason": string],
            optional: ["reason"]),
        "ApprovalRequest": OpenAPISchemas.object(["comment": string], optional: ["comment"]),
        "EndRequest": OpenAPISchemas.object(["reason": string], optional: ["reason"]),
        "CheckReport": OpenAPISchemas.object(
            ["outcome": OpenAPISchemas.oneOf(CheckReport.Outcome.self), "link": string, "note": string],
            optional: ["link", "note"]),
        "PromotionInfo": OpenAPISchemas.object(
            [
                "number": integer, "model": string, "version": integer, "digest": string, "from": string, "to": string,
                "state": OpenAPISchemas.oneOf(PromotionState.self), "message": string, "reason": string,
                "requestedBy": string, "requestedAt": string, "pushedBy": string, "updatedAt": string, "run": integer,
                "policyRevision": integer, "champion": string, "stale": string, "gates": arrayOf("GateInfo"),
                "approvals": ref("ApprovalInfo"), "changes": arrayOf("ChangeInfo"), "steps": arrayOf("StepInfo"),
            ], optional: ["policyRevision", "champion", "stale"]),
        "GateInfo": OpenAPISchemas.object(
            [
                "name": string, "kind": OpenAPISchemas.oneOf(GateKind.self),
                "outcome": OpenAPISchemas.oneOf(GateInfo.Outcome.self), "summary": string,
                "figures": arrayOf("FigureInfo"), "notes": strings, "link": string, "progress": string,
                "startedAt": string, "endedAt": string,
            ], optional: ["link", "progress", "startedAt", "endedAt"]),
        "FigureInfo": OpenAPISchemas.object(
            [
                "name": string, "segment": string, "candidate": number, "champion": number,
                "interval": ["type": "array", "items": ["type": "number"], "minItems": 2, "maxItems": 2],
                "limit": string, "passed": flag, "note": string,
            ], optional: ["segment", "candidate", "champion", "interval", "limit", "passed", "note"]),
        "ApprovalInfo": OpenAPISchemas.object([
            "count": integer, "roles": strings, "fourEyes": flag, "missing": integer, "possible": strings,
            "given": [
                "type": "array", "items": OpenAPISchemas.object(["by": string, "at": string, "comment": string]),
            ],
        ]),
        "ChangeInfo": OpenAPISchemas.object(
            ["name": string, "champion": string, "candidate": string, "difference": number],
            optional: ["champion", "candidate", "difference"]),
        "StepInfo": OpenAPISchemas.object([
            "number": integer, "at": string, "by": string, "kind": string, "text": string,
        ]),
        "ApprovalAnswer": OpenAPISchemas.object(["counted": flag, "promotion": ref("PromotionInfo")]),
        "WhyReport": OpenAPISchemas.object(
            [
                "endpoint": string, "space": string, "model": string, "version": integer, "live": strings,
                "promotion": ref("PromotionInfo"), "next": strings,
            ], optional: ["version", "promotion"]),
    ]
}
