import Gateway

/// What an operation takes and gives, beyond what its route says.
struct OpenAPIOperation {
    var parameters: [JSONValue] = []
    var body: JSONValue?
    /// Status and content.
    var answers: [Int: JSONValue] = [:]

    static func of(_ id: RouteID) -> OpenAPIOperation {
        switch id {
        case .landing: OpenAPIOperation(answers: [200: anyObject])
        case .metrics, .mlflowVersion, .mlflowHealth: OpenAPIOperation(answers: [200: plain("text/plain")])
        case .mlflowDownload:
            OpenAPIOperation(answers: [
                200: ["application/octet-stream": ["schema": ["type": "string", "format": "binary"]]]
            ])
        case .infer:
            OpenAPIOperation(
                parameters: [header("Inference-Header-Content-Length", "Bytes of JSON before binary tensors")],
                body: [
                    "required": true,
                    "content": [
                        "application/json": ["schema": ref("InferenceRequest")],
                        "application/octet-stream": ["schema": ["type": "string", "format": "binary"]],
                    ],
                ],
                answers: [200: json("InferenceResponse")])
        case .tensorFlowPredict:
            OpenAPIOperation(body: document("TensorFlowPredictRequest"), answers: [200: anyObject])
        case .invocations, .endpointInvocations: invocations(byName: id == .invocations)
        case .ping, .endpointPing: OpenAPIOperation(answers: [200: plain("text/plain")])
        case .serverMetadata: OpenAPIOperation(answers: [200: json("ServerMetadata")])
        case .endpointMetadata: OpenAPIOperation(answers: [200: json("EndpointMetadata")])
        case .server: OpenAPIOperation(answers: [200: json("ServerInfo")])
        case .status: OpenAPIOperation(answers: [200: json("StatusReport")])
        case .verify: OpenAPIOperation(answers: [200: json("VerifyReport")])
        case .audit: auditEvents(["space"])
        case .spaceAudit: auditEvents([])
        case .auditHead: OpenAPIOperation(answers: [200: json("AuditHeadInfo")])
        case .auditKey: OpenAPIOperation(answers: [200: json("AuditKeyInfo")])
        case .verifyAudit: OpenAPIOperation(answers: [200: json("AuditReport")])
        case .collect: OpenAPIOperation(answers: [200: json("CollectionReport")])
        case .backup:
            OpenAPIOperation(answers: [
                200: ["application/x-tar": ["schema": ["type": "string", "format": "binary"]]]
            ])
        case .spaces: listing("SpaceInfo")
        case .space: OpenAPIOperation(answers: [200: json("SpaceInfo")])
        case .createSpace:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("SpaceRequest"), answers: [201: json("SpaceInfo")])
        case .deleteSpace: OpenAPIOperation(parameters: [idempotencyKey], answers: [200: anyObject])
        case .policy: OpenAPIOperation(answers: [200: json("SpacePolicy")])
        case .setPolicy:
            OpenAPIOperation(
                parameters: [idempotencyKey, ifMatch],
                body: [
                    "required": true,
                    "content": [
                        "application/json": ["schema": ref("SpacePolicy")],
                        "application/yaml": ["schema": ["type": "string"]],
                    ],
                ],
                answers: [200: json("SpacePolicy")])
        case .policyRevisions: listing("PolicyRevisionInfo")
        case .promotions: promotionListing
        case .promotion: OpenAPIOperation(answers: [200: json("PromotionInfo")])
        case .promote:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("PromotionRequest"), answers: [201: json("PromotionInfo")])
        case .approvePromotion:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: optional("ApprovalRequest"), answers: [200: json("ApprovalAnswer")])
        case .rejectPromotion:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("EndRequest"), answers: [200: json("PromotionInfo")])
        case .withdrawPromotion:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: optional("EndRequest"), answers: [200: json("PromotionInfo")])
        case .reportCheck:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("CheckReport"), answers: [200: json("PromotionInfo")])
        case .live:
            OpenAPIOperation(parameters: [query("at", ["type": "string"])], answers: [200: json("LiveInfo")])
        case .rollBack:
            OpenAPIOperation(
                parameters: [idempotencyKey, ifMatch], body: optional("RollbackRequest"),
                answers: [200: json("DeploymentInfo")])
        case .rollouts, .endpointRollouts:
            listing(
                "RolloutInfo",
                [query("open", ["type": "boolean", "description": "Only those that something can still happen to"])])
        case .rollout: OpenAPIOperation(answers: [200: json("RolloutInfo")])
        case .rolloutReport: OpenAPIOperation(answers: [200: json("RolloutReportInfo")])
        case .ledger: OpenAPIOperation(answers: [200: json("LedgerInfo")])
        case .exportLedger: ledgerExport
        case .forgetLedger:
            OpenAPIOperation(body: document("ForgetRequest"), answers: [200: json("ForgetAnswer")])
        case .replayLedger:
            OpenAPIOperation(
                body: document("ReplayRequest"), answers: [200: ["application/jsonl": ["schema": ref("ReplayLine")]]])
        case .feedback: feedback
        case .quality: quality
        case .series: series
        case .retrainingRules: OpenAPIOperation(answers: [200: json("RetrainingInfo")])
        case .startRetraining:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: optional("RetrainingRequest"),
                answers: [201: json("RetrainingRunInfo")])
        case .retrainingRuns:
            listing(
                "RetrainingRunInfo",
                [
                    query("endpoint", ["type": "string"]), query("rule", ["type": "string"]),
                    query("open", ["type": "boolean", "description": "Only those that have not ended"]),
                ])
        case .retrainingRun: OpenAPIOperation(answers: [200: json("RetrainingRunInfo")])
        case .retrainingLog:
            OpenAPIOperation(
                parameters: [
                    query("bytes", ["type": "integer", "minimum": 1, "description": "Of its end; 65536 unless given"])
                ], answers: [200: json("RetrainingLogInfo")])
        case .cancelRetraining:
            OpenAPIOperation(body: optional("EndRequest"), answers: [200: json("RetrainingRunInfo")])
        case .reportRetraining:
            OpenAPIOperation(body: document("RetrainingReport"), answers: [200: json("RetrainingRunInfo")])
        case .repositories: listing("RepositoryInfo")
        case .repository, .resumeRepository: OpenAPIOperation(answers: [200: json("RepositoryInfo")])
        case .addRepository:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("RepositoryRequest"),
                answers: [201: json("RepositoryInfo")])
        case .removeRepository: OpenAPIOperation(answers: [200: anyObject])
        case .pauseRepository: OpenAPIOperation(body: optional("EndRequest"), answers: [200: json("RepositoryInfo")])
        case .gitRuns:
            listing(
                "GitRunInfo",
                [
                    query("repository", ["type": "string"]),
                    query("open", ["type": "boolean", "description": "Only those that have not ended"]),
                ])
        case .gitRun: OpenAPIOperation(answers: [200: json("GitRunInfo")])
        case .gitRunLog:
            OpenAPIOperation(
                parameters: [
                    query("step", ["type": "string", "description": "The last one with a log unless given"]),
                    query("bytes", ["type": "integer", "minimum": 1, "description": "Of its end; 65536 unless given"]),
                ], answers: [200: json("GitRunLogInfo")])
        case .startGitRun:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("GitRunRequest"), answers: [201: json("GitRunInfo")])
        case .cancelGitRun: OpenAPIOperation(body: optional("EndRequest"), answers: [200: json("GitRunInfo")])
        case .drift: drift
        case .monitor: OpenAPIOperation(answers: [200: json("MonitorInfo")])
        case .setMonitor:
            OpenAPIOperation(
                parameters: [idempotencyKey, ifMatch],
                body: [
                    "required": true,
                    "content": [
                        "application/json": ["schema": ["type": "object"]],
                        "application/yaml": ["schema": ["type": "string"]],
                    ],
                ],
                answers: [200: json("MonitorInfo")])
        case .monitorRevisions: listing("MonitorInfo")
        case .alerts:
            listing(
                "AlertInfo",
                [
                    query("state", ["type": "string", "enum": ["firing", "resolved"]]),
                    query("endpoint", ["type": "string"]),
                ])
        case .alert: OpenAPIOperation(answers: [200: json("AlertInfo")])
        case .acknowledgeAlert:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: optional("AcknowledgeRequest"), answers: [200: json("AlertInfo")])
        case .alertDeliveries: listing("DeliveryInfo")
        case .testAlerts:
            OpenAPIOperation(body: document("AlertTestRequest"), answers: [200: json(pageOf("DeliveryInfo"))])
        case .alertRules: OpenAPIOperation(answers: [200: json(pageOf("AlertRuleInfo"))])
        case .silences: listing("SilenceInfo")
        case .createSilence:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("SilenceRequest"), answers: [201: json("SilenceInfo")])
        case .endSilence: OpenAPIOperation(parameters: [idempotencyKey], answers: [200: json("SilenceInfo")])
        case .gitHook:
            OpenAPIOperation(
                parameters: [
                    header("X-Hub-Signature-256", "'sha256=' and the HMAC-SHA-256 of the body in hexadecimal digits"),
                    header("X-GitHub-Event", "'push' begins a run, 'ping' is answered, all else is ignored"),
                    header("X-GitHub-Delivery", "The message's id; the same one with another body is refused"),
                ], body: ["required": true, "content": anyObject],
                answers: [200: json("GitHookAnswer"), 202: json("GitHookAnswer")])
        case .rotateRepositorySecret: OpenAPIOperation(answers: [200: json("RepositorySecretInfo")])
        case .webhookSecret: OpenAPIOperation(answers: [200: json("WebhookSecretInfo")])
        case .tellOutcomes:
            OpenAPIOperation(body: document("OutcomesRequest"), answers: [200: json("OutcomesAnswer")])
        case .startRollout:
            OpenAPIOperation(
                parameters: [idempotencyKey, ifMatch],
                body: [
                    "required": true,
                    "content": [
                        "application/json": ["schema": ref("RolloutRequest")],
                        "application/yaml": ["schema": ["type": "string"]],
                    ],
                ],
                answers: [201: json("RolloutInfo")])
        case .pauseRollout, .resumeRollout, .promoteRollout, .abortRollout, .approveRollout:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: optional("RolloutDecision"), answers: [200: json("RolloutInfo")])
        case .rejectRollout:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("RolloutDecision"), answers: [200: json("RolloutInfo")])
        case .why: OpenAPIOperation(answers: [200: json("WhyReport")])
        case .applications: OpenAPIOperation(answers: [200: json("ApplicationsInfo")])
        case .beginApplication:
            OpenAPIOperation(
                parameters: [idempotencyKey, ifMatch], body: document("ApplicationRequest"),
                answers: [201: json("ApplicationInfo")])
        case .renewApplication: OpenAPIOperation(answers: [200: json("ApplicationInfo")])
        case .endApplication:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("ApplicationEndRequest"),
                answers: [200: json("ApplicationInfo")])
        case .declarationSchema: OpenAPIOperation(answers: [200: json(["type": "object"])])
        case .me: OpenAPIOperation(answers: [200: json("CallerInfo")])
        case .keys: listing("KeyInfo", [query("principal", ["type": "string"])])
        case .createKey:
            OpenAPIOperation(parameters: [idempotencyKey], body: document("KeyRequest"), answers: [201: json("NewKey")])
        case .rotateKey:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: ["required": false, "content": json(ref("RotateRequest"))],
                answers: [201: json("NewKey")])
        case .revokeKey: OpenAPIOperation(parameters: [idempotencyKey], answers: [200: json("KeyInfo")])
        case .members: listing("MemberInfo")
        case .setMember:
            OpenAPIOperation(
                parameters: [idempotencyKey, ifMatch], body: document("MemberRequest"),
                answers: [200: json("MemberInfo")])
        case .removeMember: OpenAPIOperation(parameters: [idempotencyKey, ifMatch], answers: [200: json("MemberInfo")])
        case .admins: OpenAPIOperation(answers: [200: json(pageOf("AdminInfo"))])
        case .addAdmin, .removeAdmin: OpenAPIOperation(answers: [200: json("AdminInfo")])
        case .blobExists: OpenAPIOperation(answers: [200: plain("application/octet-stream")])
        case .blobUpload:
            OpenAPIOperation(
                body: [
                    "required": true,
                    "content": ["application/octet-stream": ["schema": ["type": "string", "format": "binary"]]],
                ],
                answers: [200: json("BlobInfo")])
        case .models: listing("ModelInfo")
        case .model: OpenAPIOperation(answers: [200: json("ModelInfo")])
        case .versions: listing("VersionInfo")
        case .version: OpenAPIOperation(answers: [200: json("VersionInfo")])
        case .push:
            OpenAPIOperation(
                parameters: [idempotencyKey],
                body: [
                    "required": true,
                    "content": [
                        "application/json": ["schema": ref("PushRequest")],
                        "application/octet-stream": ["schema": ["type": "string", "format": "binary"]],
                    ],
                ],
                answers: [200: json("PushResponse"), 201: json("PushResponse")])
        case .deleteVersion:
            OpenAPIOperation(parameters: [idempotencyKey], answers: [200: json("VersionDeletionInfo")])
        case .dataSets, .dataSetVersions: listing("DataSetInfo")
        case .dataSetVersion: OpenAPIOperation(answers: [200: json("DataSetInfo")])
        case .dataSetRules: OpenAPIOperation(answers: [200: json("DataRules")])
        case .pushDataSet:
            OpenAPIOperation(
                parameters: [idempotencyKey], body: document("DataSetPushRequest"),
                answers: [200: json("DataSetPushResponse"), 201: json("DataSetPushResponse")])
        case .deployments: listing("DeploymentInfo")
        case .deployment: OpenAPIOperation(answers: [200: json("DeploymentInfo")])
        case .deploy:
            OpenAPIOperation(
                parameters: [idempotencyKey, ifMatch], body: document("DeployRequest"),
                answers: [200: json("DeploymentInfo")])
        case .deleteDeployment:
            OpenAPIOperation(parameters: [idempotencyKey, ifMatch], answers: [200: json("DeploymentInfo")])
        case .revisions: OpenAPIOperation(answers: [200: json(pageOf("RevisionInfo"))])
        default: webhooks(id) ?? OpenAPIOperation(answers: [200: anyObject])
        }
    }

    private static var promotionListing: OpenAPIOperation {
        listing(
            "PromotionInfo",
            [
                query("model", ["type": "string"]), query("version", ["type": "integer", "minimum": 1]),
                query("open", ["type": "boolean", "description": "Only those that something can still happen to"]),
            ])
    }

    private static var ledgerExport: OpenAPIOperation {
        OpenAPIOperation(
            parameters: [
                query("format", ["type": "string", "enum": ["jsonl", "csv"], "default": "jsonl"]),
                query("from", ["type": "string"]), query("to", ["type": "string"]),
                query("version", ["type": "integer", "minimum": 1]), query("variant", ["type": "string"]),
                query("errors", ["type": "boolean", "description": "Only predictions that were not answered"]),
            ],
            answers: [
                200: .sorted([
                    "application/jsonl": ["schema": ["type": "string"]], "text/csv": ["schema": ["type": "string"]],
                ])
            ])
    }

    private static var series: OpenAPIOperation {
        OpenAPIOperation(
            parameters: [
                query("from", ["type": "string", "description": "An hour before the end unless given"]),
                query("to", ["type": "string", "description": "Now unless given"]),
                query("step", ["type": "integer", "minimum": 1, "description": "Seconds of one point"]),
                query(
                    "metric",
                    [
                        "type": "string", "description": "What to count, by commas; all unless given",
                        "example": "requests,latency",
                    ]),
                query("version", ["type": "integer", "minimum": 1]), query("variant", ["type": "string"]),
            ],
            answers: [200: json("SeriesInfo")])
    }

    private static var drift: OpenAPIOperation {
        OpenAPIOperation(
            parameters: [
                query("version", ["type": "integer", "minimum": 1]),
                query(
                    "windows",
                    [
                        "type": "integer", "minimum": 1, "maximum": 200,
                        "description": "Of each version's closed windows, how many to say",
                    ]),
            ],
            answers: [200: json("DriftInfo")])
    }

    private static func auditEvents(_ further: [String]) -> OpenAPIOperation {
        var operation = listing("AuditEventInfo")
        operation.parameters += (further + ["action", "subject", "principal"]).map { query($0, ["type": "string"]) }
        operation.parameters += ["since", "until"].map { query($0, ["type": "string"]) }
        operation.parameters.append(query("order", ["type": "string", "enum": ["newest", "oldest"]]))
        return operation
    }
}
