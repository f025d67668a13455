import Gateway
import ManagementAPI

/// The shapes of bodies. `OpenAPISchemaTests` holds each against what is really sent.
enum OpenAPISchemas {
    static let all: [String: JSONValue] = management.merging(OpenAPIAccess.schemas) { first, _ in first }
        .merging(OpenAPIPromotions.all) { first, _ in first }
        .merging(OpenAPIDataSets.schemas) { first, _ in first }
        .merging(inference) { first, _ in first }
        .merging(retention) { first, _ in first }
        .merging(OpenAPIRollouts.schemas) { first, _ in first }
        .merging(OpenAPIReports.schemas) { first, _ in first }
        .merging(OpenAPILedger.schemas) { first, _ in first }
        .merging(OpenAPIReplay.schemas) { first, _ in first }
        .merging(OpenAPISeries.schemas) { first, _ in first }
        .merging(OpenAPIRetraining.schemas) { first, _ in first }
        .merging(OpenAPIGitRuns.schemas) { first, _ in first }
        .merging(OpenAPIDrift.schemas) { first, _ in first }
        .merging(OpenAPIAlerts.schemas) { first, _ in first }
        .merging(OpenAPIGitHooks.schemas) { first, _ in first }
        .merging(OpenAPIQuality.schemas) { first, _ in first }
        .merging(OpenAPIApplications.schemas) { first, _ in first }
        .merging(OpenAPIWebhooks.schemas) { first, _ in first }
        .merging(OpenAPIInvocations.schemas) { first, _ in first }

    static let string: JSONValue = ["type": "string"]
    static let integer: JSONValue = ["type": "integer"]
    private static let number: JSONValue = ["type": "number"]
    static let flag: JSONValue = ["type": "boolean"]
    private static let texts: JSONValue = ["type": "object", "additionalProperties": ["type": "string"]]
    private static let numbers: JSONValue = ["type": "object", "additionalProperties": ["type": "number"]]
    private static let integers: JSONValue = ["type": "object", "additionalProperties": ["type": "integer"]]

    static func ref(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/" + name)] }
    static func arrayOf(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    static func oneOf<Words: CaseIterable & RawRepresentable<String>>(_ words: Words.Type) -> JSONValue {
        ["type": "string", "enum": .array(Words.allCases.map { .string($0.rawValue) })]
    }

    /// All properties but `optional` are required.
    static func object(_ properties: [String: JSONValue], optional: Set<String> = []) -> JSONValue {
        [
            "type": "object",
            "properties": .sorted(properties),
            "required": .array(properties.keys.filter { !optional.contains($0) }.sorted().map { .string($0) }),
        ]
    }

    private static let management: [String: JSONValue] = [
        "APIError": object(
            ["error": string, "code": string, "field": string, "hint": string], optional: ["code", "field", "hint"]),
        "BlobInfo": object(["sha256": string, "size": integer]),
        "FileEntry": object(["path": string, "sha256": string, "size": integer]),
        "PushRequest": object(
            [
                "files": arrayOf(ref("FileEntry")), "metrics": numbers, "tags": texts, "gitCommit": string,
                "dataset": string, "run": integer,
            ], optional: ["metrics", "tags", "gitCommit", "dataset", "run"]),
        "PushResponse": object(["version": ref("VersionInfo"), "isNew": flag]),
        "TensorInfo": object([
            "name": string, "datatype": string, "shape": arrayOf(["type": ["integer", "string"]]), "optional": flag,
        ]),
        "VersionInfo": object(
            [
                "model": string, "version": integer, "space": string, "digest": string,
                "files": arrayOf(ref("FileEntry")), "format": string, "inputs": arrayOf(ref("TensorInfo")),
                "outputs": arrayOf(ref("TensorInfo")), "opsets": integers, "producer": string, "documentation": string,
                "metadata": texts, "notes": arrayOf(string), "metrics": numbers, "tags": texts, "gitCommit": string,
                "dataset": string, "run": integer, "gitRun": integer, "goldenRequests": integer, "createdAt": string,
                "createdBy": string, "source": string, "mlflowRun": string, "undeployable": string,
                "description": string,
            ],
            optional: [
                "gitCommit", "dataset", "run", "gitRun", "goldenRequests", "source", "mlflowRun", "undeployable",
                "description",
            ]),
        "ModelInfo": object(
            [
                "name": string, "space": string, "format": string, "versions": integer, "latestVersion": integer,
                "latestSize": integer, "metrics": numbers, "deployed": arrayOf(string), "createdAt": string,
                "updatedAt": string, "aliases": integers, "tags": texts, "description": string,
            ], optional: ["aliases", "tags", "description"]),
        "DeploymentOptions": OpenAPIDeploymentOptions.options,
        "BatchingOptions": OpenAPIDeploymentOptions.batching,
        "LedgerOptions": OpenAPIDeploymentOptions.ledger,
        "DeployRequest": object(
            [
                "model": string, "version": integer, "options": ref("DeploymentOptions"), "reason": string,
                "watchSeconds": ["type": "integer", "minimum": 0, "maximum": 86_400, "default": 60],
            ],
            optional: ["version", "options", "reason", "watchSeconds"]),
        "DeploymentInfo": object(
            [
                "endpoint": string, "space": string, "model": string, "version": integer, "revision": integer,
                "state": oneOf(DeploymentState.self), "message": string, "options": ref("DeploymentOptions"),
                "isolation": oneOf(IsolationMode.self), "isolationReason": string, "createdAt": string,
                "updatedAt": string, "updatedBy": string, "requests": integer, "errors": integer, "queued": integer,
                "p50Milliseconds": number, "p99Milliseconds": number, "rollout": ref("RolloutSummary"),
            ], optional: ["p50Milliseconds", "p99Milliseconds", "rollout"]),
        "RolloutSummary": object([
            "rollout": integer, "strategy": string, "state": oneOf(RolloutState.self), "message": string,
            "variants": arrayOf(ref("RolloutVariantInfo")),
        ]),
        "RevisionInfo": object(
            [
                "revision": integer,
                "action": [
                    "type": "string", "enum": ["deploy", "delete", "load", "unload", "promote", "rollback"],
                ],
                "model": string, "version": integer, "digest": string, "options": ref("DeploymentOptions"),
                "createdAt": string, "createdBy": string, "reason": string, "rollout": integer, "equals": integer,
                "promotion": integer, "evidence": string, "isCurrent": flag,
            ], optional: ["rollout", "equals", "promotion"]),
        "ServerInfo": object([
            "name": string, "version": string, "startedAt": string, "uptimeSeconds": number, "dataFolder": string,
            "generation": integer, "runtimes": texts, "httpPort": integer, "grpcPort": integer,
            "authentication": flag,
        ]),
        "SpaceInfo": object([
            "name": string, "policy": ref("SpacePolicy"), "models": integer, "deployments": integer,
            "createdAt": string,
        ]),
        "StatusReport": object(
            [
                "server": ref("ServerInfo"), "spaces": arrayOf(ref("SpaceInfo")),
                "deployments": arrayOf(ref("DeploymentInfo")), "blobBytes": integer, "freeBytes": integer,
                "alerts": arrayOf(ref("AlertInfo")),
            ], optional: ["alerts"]),
        "VerifyReport": object([
            "blobs": integer, "bytes": integer, "auditEvents": integer,
            "problems": arrayOf(object(["subject": string, "message": string])),
        ]),
    ]

    private static let tensor = object(
        [
            "name": string, "datatype": string, "shape": arrayOf(integer), "data": ["type": "array"],
            "parameters": ["type": "object"],
        ], optional: ["data", "parameters"])

    private static let inference: [String: JSONValue] = [
        "InferenceTensor": tensor,
        "InferenceRequest": object(
            [
                "id": string, "parameters": ["type": "object"], "inputs": arrayOf(ref("InferenceTensor")),
                "outputs": arrayOf(
                    object(["name": string, "parameters": ["type": "object"]], optional: ["parameters"])),
            ], optional: ["id", "parameters", "outputs"]),
        "InferenceResponse": object(
            [
                "model_name": string, "model_version": string, "id": string, "outputs": arrayOf(ref("InferenceTensor")),
            ], optional: ["id"]),
        "TensorFlowPredictRequest": object(
            ["signature_name": string, "instances": ["type": "array"], "inputs": ["type": ["object", "array"]]],
            optional: ["signature_name", "instances", "inputs"]),
        "ServerMetadata": object(["name": string, "version": string, "extensions": arrayOf(string)]),
        "EndpointMetadata": object([
            "name": string, "versions": arrayOf(string), "platform": string,
            "inputs": arrayOf(object(["name": string, "datatype": string, "shape": arrayOf(integer)])),
            "outputs": arrayOf(object(["name": string, "datatype": string, "shape": arrayOf(integer)])),
        ]),
    ]
}
