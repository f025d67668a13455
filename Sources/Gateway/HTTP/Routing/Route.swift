package import Identity

/// One thing that can be asked over HTTP. There is none without a permission: the initialiser asks for it.
package struct Route: Sendable {
    /// Who gives the answer.
    enum Answerer: Sendable, Hashable {
        /// A prediction, in the form of the protocol.
        case prediction(PredictionForm)
        /// At once, out of what the data plane has in memory.
        case memory
        /// The management handlers, which may take their time.
        case management
    }

    enum PredictionForm: Sendable, Hashable { case openInference, tensorFlow }

    /// How much of a body the route takes, before anything of it is read.
    enum Body: Sendable, Hashable { case small, endpointLimit, upload }

    package let id: RouteID
    package let method: HTTPMethod
    package let permission: Permission
    let answerer: Answerer
    let body: Body
    /// All paths that mean this route, with `{name}` for the parts that vary.
    package let templates: [String]
    /// One sentence for people.
    package let summary: String

    /// - Parameter spaced: whether `/spaces/{space}` may come before each of `paths`.
    init(
        _ id: RouteID, _ method: HTTPMethod, _ paths: [String], permission: Permission, by answerer: Answerer,
        body: Body = .small, spaced: Bool = false, _ summary: String
    ) {
        self.id = id
        self.method = method
        self.permission = permission
        self.answerer = answerer
        self.body = body
        self.templates = spaced ? paths + paths.map { "/spaces/{space}" + $0 } : paths
        self.summary = summary
    }
}

/// The names of all routes; also their `operationId` in the OpenAPI document.
package enum RouteID: String, Sendable, Hashable, CaseIterable {
    case landing, metrics
    // Open Inference Protocol
    case serverMetadata, serverLive, serverReady, endpoints, allStatistics
    case endpointMetadata, endpointReady, endpointConfig, endpointStatistics, infer
    case repositoryIndex, repositoryLoad, repositoryUnload
    case traceSettings, updateTraceSettings, logSettings, updateLogSettings
    case systemSharedMemory, systemSharedMemoryRegister, systemSharedMemoryUnregister
    case cudaSharedMemory, cudaSharedMemoryRegister, cudaSharedMemoryUnregister
    // TensorFlow Serving
    case tensorFlowStatus, tensorFlowMetadata, tensorFlowPredict, tensorFlowClassify, tensorFlowRegress
    // management
    case openAPI, server, status, verify
    case audit, spaceAudit, auditHead, auditKey, verifyAudit
    case collect, backup
    case spaces, space, createSpace, deleteSpace, policy, setPolicy, policyRevisions
    case promotions, promotion, promote, approvePromotion, rejectPromotion, withdrawPromotion, reportCheck
    case blobExists, blobUpload
    case models, model, versions, version, push, deleteVersion
    case dataSets, dataSetVersions, dataSetVersion, dataSetRules, pushDataSet
    case deployments, deployment, deploy, deleteDeployment, revisions, live, rollBack, why
    case rollouts, endpointRollouts, rollout, startRollout, pauseRollout, resumeRollout, promoteRollout, abortRollout
    case approveRollout, rejectRollout, rolloutReport, tellOutcomes
    case ledger, exportLedger, forgetLedger
    case replayLedger
    case feedback, quality
    case series
    case drift
    case monitor, setMonitor, monitorRevisions
    case retrainingRules, startRetraining, retrainingRuns, retrainingRun, retrainingLog, cancelRetraining
    case reportRetraining
    case alerts, alert, acknowledgeAlert, alertDeliveries, testAlerts, alertRules
    case silences, createSilence, endSilence, webhookSecret
    // who is who
    case me, keys, createKey, rotateKey, revokeKey
    case members, setMember, removeMember, admins, addAdmin, removeAdmin
}
