import Gateway
import ManagementAPI

/// The shapes of retraining.
enum OpenAPIRetraining {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let flag = OpenAPISchemas.flag

    static let schemas: [String: JSONValue] = [
        "RetrainingInfo": OpenAPISchemas.object([
            "endpoint": string, "space": string,
            "rules": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("RetrainingRuleInfo")),
        ]),
        "RetrainingRuleInfo": OpenAPISchemas.object(
            [
                "name": string, "enabled": flag, "when": string, "next": string, "note": string,
                "lastRun": OpenAPISchemas.ref("RetrainingRunInfo"),
            ], optional: ["next", "note", "lastRun"]),
        "RetrainingRequest": OpenAPISchemas.object(["rule": string, "reason": string], optional: ["rule", "reason"]),
        "RetrainingRunInfo": OpenAPISchemas.object(
            [
                "run": integer, "space": string, "endpoint": string, "model": string, "modelSpace": string,
                "rule": string, "causeKind": string, "cause": string, "alert": integer,
                "state": OpenAPISchemas.oneOf(RetrainingState.self), "message": string,
                "command": OpenAPISchemas.arrayOf(string), "webhook": string, "requestedBy": string,
                "requestedAt": string, "startedAt": string, "endedAt": string, "exitCode": integer,
                "version": integer, "followUp": OpenAPISchemas.ref("RetrainingFollowUpInfo"),
            ],
            optional: [
                "alert", "command", "webhook", "startedAt", "endedAt", "exitCode", "version", "followUp",
            ]),
        "RetrainingFollowUpInfo": OpenAPISchemas.object(
            ["state": string, "message": string, "promotion": integer, "rollout": integer],
            optional: ["promotion", "rollout"]),
        "RetrainingLogInfo": OpenAPISchemas.object(["run": integer, "bytes": integer, "text": string]),
        "RetrainingReport": OpenAPISchemas.object(["succeeded": flag, "message": string], optional: ["message"]),
    ]
}
