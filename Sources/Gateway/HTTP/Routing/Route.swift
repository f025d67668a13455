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
        /// The same of MLflow's interface.
        case mlflow

        /// Whether a task of the request's own answers it.
        var takesItsTime: Bool { self == .management || self == .mlflow }

        var dialect: ErrorDialect {
            switch self {
            case .prediction, .memory: .prediction
            case .management: .management
            case .mlflow: .mlflow
            }
        }
    }

    enum PredictionForm: Sendable, Hashable { case openInference, tensorFlow, invocations }

    /// How much of a body the route takes, before anything of it is read.
    enum Body: Sendable, Hashable { case small, endpointLimit, upload }

    package let id: RouteID
    package let method: HTTPMethod
    package let permission: Permission
    let answerer: Answerer
    /// Whether a signature over the body says that the caller may, instead of a key.
    var isSigned: Bool { permission == .tellOfPushes }
    let body: Body
    /// All paths that mean this route, with `{name}` for the parts that vary.
    package let templates: [String]
    /// One sentence for people.
    package let summary: String

    /// Whether errors are told in the form of MLflow's servers.
    package var isScoring: Bool { answerer == .prediction(.invocations) }

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
    // as MLflow's server and SageMaker's containers are asked
    case ping, endpointPing, invocations, endpointInvocations
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
    case repositories, repository, addRepository, removeRepository, pauseRepository, resumeRepository
    case gitRuns, gitRun, gitRunLog, startGitRun, cancelGitRun
    case alerts, alert, acknowledgeAlert, alertDeliveries, testAlerts, alertRules
    case silences, createSilence, endSilence, webhookSecret
    // MLflow
    case mlflowVersion, mlflowHealth, mlflowServerInfo
    case mlflowCreateExperiment, mlflowExperiment, mlflowExperimentByName, mlflowSearchExperiments
    case mlflowUpdateExperiment, mlflowDeleteExperiment, mlflowRestoreExperiment
    case mlflowTagExperiment, mlflowUntagExperiment
    case mlflowCreateRun, mlflowRun, mlflowSearchRuns, mlflowUpdateRun, mlflowDeleteRun, mlflowRestoreRun
    case mlflowLogMetric, mlflowLogParam, mlflowLogBatch, mlflowLogModel, mlflowLogInputs, mlflowLogOutputs
    case mlflowTagRun, mlflowUntagRun, mlflowMetricHistory, mlflowRunArtifacts
    case mlflowCreateLoggedModel, mlflowLoggedModel, mlflowSearchLoggedModels, mlflowFinalizeLoggedModel
    case mlflowDeleteLoggedModel, mlflowLogLoggedModelParams, mlflowTagLoggedModel, mlflowUntagLoggedModel
    case mlflowLoggedModelArtifacts
    case mlflowCreateModel, mlflowModel, mlflowRenameModel, mlflowUpdateModel, mlflowDeleteModel, mlflowSearchModels
    case mlflowLatestVersions, mlflowAskLatestVersions, mlflowTagModel, mlflowUntagModel
    case mlflowSetAlias, mlflowDeleteAlias, mlflowAlias
    case mlflowCreateVersion, mlflowModelVersion, mlflowUpdateVersion, mlflowDeleteVersion, mlflowSearchVersions
    case mlflowVersionLocation, mlflowStage, mlflowTagVersion, mlflowUntagVersion
    case mlflowListArtifacts, mlflowDownload, mlflowUpload, mlflowDeleteArtifacts, mlflowMultipart
    // declared state
    case applications, beginApplication, renewApplication, endApplication, declarationSchema
    // who is told of what happens: in a space, in the whole server
    case webhooks, webhook, createWebhook, updateWebhook, deleteWebhook, pauseWebhook, resumeWebhook, testWebhook
    case webhookDeliveries, webhookDelivery, redeliverWebhook
    case serverWebhooks, serverWebhook, createServerWebhook, updateServerWebhook, deleteServerWebhook
    case pauseServerWebhook, resumeServerWebhook, testServerWebhook
    case serverWebhookDeliveries, serverWebhookDelivery, redeliverServerWebhook, serverWebhookSecret
    case gitHook, rotateRepositorySecret
    // who is who
    case me, keys, createKey, rotateKey, revokeKey
    case members, setMember, removeMember, admins, addAdmin, removeAdmin
}
