import Identity

/// All routes of the HTTP port. Tests and the OpenAPI document walk this list.
extension Route {
    package static let all: [Route] =
        front + openInference + triton + tensorFlow + scoring + management + rollouts + monitoring + alerting
        + retraining + gitRuns + webhooks + access + declarations + mlflow + mlflowRegistry

    private static let front: [Route] = [
        Route(.landing, .get, ["/"], permission: .viewHealth, by: .memory, spaced: true, "What is here"),
        Route(
            .metrics, .get, ["/metrics"], permission: .viewMetrics, by: .memory,
            "Counters and latencies in the Prometheus text format"),
    ]

    /// `{endpoint}` alone and with a version, each followed by `tail`.
    private static func endpointPaths(_ tail: String = "") -> [String] {
        ["/v2/models/{endpoint}" + tail, "/v2/models/{endpoint}/versions/{version}" + tail]
    }

    private static let openInference: [Route] = [
        Route(
            .serverMetadata, .get, ["/v2"], permission: .viewServer, by: .memory, spaced: true,
            "Name, version and protocol extensions of this server"),
        Route(
            .serverLive, .get, ["/v2/health/live"], permission: .viewHealth, by: .memory, spaced: true,
            "Whether the server runs"),
        Route(
            .serverReady, .get, ["/v2/health/ready"], permission: .viewHealth, by: .memory, spaced: true,
            "Whether the server answers predictions"),
        Route(
            .endpoints, .get, ["/v2/models"], permission: .viewDeployments, by: .memory, spaced: true,
            "The names of all endpoints of the space"),
        Route(
            .allStatistics, .get, ["/v2/models/stats"], permission: .viewDeployments, by: .memory, spaced: true,
            "Statistics of all endpoints of the space"),
        Route(
            .infer, .post, endpointPaths("/infer"), permission: .predict, by: .prediction(.openInference),
            body: .endpointLimit, spaced: true, "A prediction"),
        Route(
            .endpointMetadata, .get, endpointPaths(), permission: .viewDeployments, by: .memory, spaced: true,
            "Inputs and outputs of an endpoint"),
        Route(
            .endpointReady, .get, endpointPaths("/ready"), permission: .viewDeployments, by: .memory, spaced: true,
            "Whether an endpoint answers predictions"),
        Route(
            .endpointConfig, .get, endpointPaths("/config"), permission: .viewDeployments, by: .memory, spaced: true,
            "The configuration of an endpoint in the form of Triton"),
        Route(
            .endpointStatistics, .get, endpointPaths("/stats"), permission: .viewDeployments, by: .memory,
            spaced: true, "Statistics of an endpoint"),
        Route(
            .repositoryIndex, .post, ["/v2/repository/index"], permission: .viewDeployments, by: .memory,
            spaced: true, "The state of every endpoint of the space"),
        Route(
            .repositoryLoad, .post, ["/v2/repository/models/{endpoint}/load"], permission: .loadModels,
            by: .management, spaced: true, "Brings the model of an endpoint back into memory"),
        Route(
            .repositoryUnload, .post, ["/v2/repository/models/{endpoint}/unload"], permission: .loadModels,
            by: .management, spaced: true, "Takes the model of an endpoint out of memory"),
    ]

    /// What Triton's clients ask for beyond the protocol.
    private static let triton: [Route] =
        [
            Route(
                .traceSettings, .get, ["/v2/trace/setting", "/v2/models/{endpoint}/trace/setting"],
                permission: .viewServer, by: .memory, "Trace settings: tracing is off"),
            Route(
                .updateTraceSettings, .post, ["/v2/trace/setting", "/v2/models/{endpoint}/trace/setting"],
                permission: .viewServer, by: .memory, "Refused unless it leaves tracing off"),
            Route(.logSettings, .get, ["/v2/logging"], permission: .viewServer, by: .memory, "Log settings"),
            Route(
                .updateLogSettings, .post, ["/v2/logging"], permission: .viewServer, by: .memory,
                "Refused: log settings belong to the server's configuration"),
        ]
        + sharedMemory(
            "system", list: .systemSharedMemory, register: .systemSharedMemoryRegister,
            unregister: .systemSharedMemoryUnregister)
        + sharedMemory(
            "cuda", list: .cudaSharedMemory, register: .cudaSharedMemoryRegister,
            unregister: .cudaSharedMemoryUnregister)

    private static func sharedMemory(
        _ kind: String, list: RouteID, register: RouteID, unregister: RouteID
    ) -> [Route] {
        let base = "/v2/\(kind)sharedmemory"
        return [
            Route(
                list, .get, [base + "/status", base + "/region/{region}/status"], permission: .viewServer, by: .memory,
                "Registered shared memory regions: always none"),
            Route(
                register, .post, [base + "/region/{region}/register"], permission: .predict, by: .memory,
                "Refused: tensors travel in the request"),
            Route(
                unregister, .post, [base + "/unregister", base + "/region/{region}/unregister"],
                permission: .predict, by: .memory, "Nothing to do: no region is ever registered"),
        ]
    }

    private static func tensorFlowPaths(_ tail: String) -> [String] {
        [
            "/v1/models/{endpoint}" + tail, "/v1/models/{endpoint}/versions/{version}" + tail,
            "/v1/models/{endpoint}/labels/{label}" + tail,
        ]
    }

    private static let tensorFlow: [Route] = [
        Route(
            .tensorFlowStatus, .get, tensorFlowPaths(""), permission: .viewDeployments, by: .memory, spaced: true,
            "The state of an endpoint in the form of TensorFlow Serving"),
        Route(
            .tensorFlowMetadata, .get, tensorFlowPaths("/metadata"), permission: .viewDeployments, by: .memory,
            spaced: true, "Inputs and outputs in the form of TensorFlow Serving"),
        Route(
            .tensorFlowPredict, .post, tensorFlowPaths(":predict"), permission: .predict,
            by: .prediction(.tensorFlow), body: .endpointLimit, spaced: true,
            "A prediction in the row or column form of TensorFlow Serving"),
        Route(
            .tensorFlowClassify, .post, tensorFlowPaths(":classify"), permission: .predict, by: .memory, spaced: true,
            "Refused: it needs tf.Example, which only TensorFlow models take"),
        Route(
            .tensorFlowRegress, .post, tensorFlowPaths(":regress"), permission: .predict, by: .memory, spaced: true,
            "Refused: it needs tf.Example, which only TensorFlow models take"),
    ]

    private static let scoring: [Route] = [
        Route(
            .ping, .get, ["/ping"], permission: .viewHealth, by: .memory,
            "Whether the server answers predictions, as SageMaker asks"),
        Route(
            .endpointPing, .get, ["/endpoints/{endpoint}/ping"], permission: .viewDeployments, by: .memory,
            spaced: true,
            "Whether an endpoint answers predictions, as SageMaker asks"),
        Route(
            .invocations, .post, ["/invocations"], permission: .predict, by: .prediction(.invocations),
            body: .endpointLimit, spaced: true,
            "A prediction as MLflow's server and SageMaker's containers take it, of the endpoint that is named, or the only one"
        ),
        Route(
            .endpointInvocations, .post, ["/endpoints/{endpoint}/invocations"], permission: .predict,
            by: .prediction(.invocations), body: .endpointLimit, spaced: true,
            "A prediction as MLflow's server and SageMaker's containers take it"),
    ]

    private static let management: [Route] = [
        managed(.openAPI, .get, "/openapi.json", .viewServer, "This interface as an OpenAPI 3.1 document"),
        managed(.server, .get, "/server", .viewServer, "Name, version and runtimes of this server"),
        managed(.status, .get, "/status", .viewServer, "One screen: spaces, deployments, traffic, storage"),
        managed(.verify, .post, "/verify", .verify, "Hashes everything that is stored again"),
        managed(.audit, .get, "/audit", .viewAudit, "What was done, and who asked for it"),
        managed(
            .auditHead, .get, "/audit/head", .viewAudit, "The end of the audit chain as it is now, signed"),
        managed(
            .auditKey, .get, "/audit/key", .viewServer, "The public key that heads of the audit chain are signed with"),
        managed(
            .verifyAudit, .post, "/audit/verify", .viewAudit,
            "Follows the audit chain and holds it against the signed heads"),
        managed(.spaceAudit, .get, "/spaces/{space}/audit", .viewSpaceAudit, "What was done in the space"),
        managed(.collect, .post, "/collect", .collect, "Removes files that nothing refers to any more"),
        managed(.backup, .get, "/backup", .backup, "A backup of everything, as one tar archive"),
        managed(.spaces, .get, "/spaces", .viewSpaces, "All spaces"),
        managed(.createSpace, .post, "/spaces", .manageSpaces, "Makes a space"),
        managed(.space, .get, "/spaces/{space}", .viewSpace, "One space"),
        managed(.deleteSpace, .delete, "/spaces/{space}", .manageSpaces, "Removes an empty space"),
        managed(.policy, .get, "/spaces/{space}/policy", .viewSpace, "What the space demands of its deployments"),
        managed(
            .setPolicy, .put, "/spaces/{space}/policy", .setPolicy,
            "Sets what the space demands, and moves what runs there"),
        managed(
            .policyRevisions, .get, "/spaces/{space}/policy/revisions", .viewSpace,
            "Everything that the space ever demanded"),
        managed(
            .promotions, .get, "/spaces/{space}/promotions", .viewPromotions,
            "Promotions into the space and out of it, newest first"),
        managed(
            .promote, .post, "/spaces/{space}/promotions", .promote,
            "Asks that a version of this space becomes available in another"),
        managed(
            .promotion, .get, "/spaces/{space}/promotions/{number}", .viewPromotions,
            "One promotion with its evidence"),
        managed(
            .approvePromotion, .post, "/spaces/{space}/promotions/{number}/approve", .approvePromotions,
            "Approves of a promotion into this space"),
        managed(
            .rejectPromotion, .post, "/spaces/{space}/promotions/{number}/reject", .approvePromotions,
            "Rejects a promotion into this space"),
        managed(
            .withdrawPromotion, .post, "/spaces/{space}/promotions/{number}/withdraw", .promote,
            "Takes the caller's own promotion back"),
        managed(
            .reportCheck, .post, "/spaces/{space}/promotions/{number}/checks/{check}", .reportGate,
            "Says how a check went that another system made"),
        managed(
            .blobExists, .head, "/spaces/{space}/blobs/{sha256}", .uploadFiles,
            "Whether the space holds a file with these bytes already"),
        managed(
            .blobUpload, .put, "/spaces/{space}/blobs/{sha256}", .uploadFiles, body: .upload,
            "Uploads a file under the SHA-256 of its bytes"),
        managed(.models, .get, "/spaces/{space}/models", .viewModels, "All models of the space"),
        managed(.model, .get, "/spaces/{space}/models/{model}", .viewModels, "One model"),
        managed(
            .versions, .get, "/spaces/{space}/models/{model}/versions", .viewModels, "The versions of a model"),
        managed(
            .push, .post, "/spaces/{space}/models/{model}/versions", .pushModels, body: .upload,
            "Makes a version of uploaded files, or of the one file that is the body"),
        managed(
            .version, .get, "/spaces/{space}/models/{model}/versions/{version}", .viewModels,
            "One version of a model; 'latest' is the newest"),
        managed(
            .deleteVersion, .delete, "/spaces/{space}/models/{model}/versions/{version}", .deleteModels,
            "Deletes a version that nothing needs"),
        managed(
            .dataSets, .get, "/spaces/{space}/datasets", .viewDataSets,
            "The latest version of each data set of the space"),
        managed(
            .pushDataSet, .post, "/spaces/{space}/datasets", .pushDataSets,
            "Makes a version of a data set of an uploaded file"),
        managed(
            .dataSetVersions, .get, "/spaces/{space}/datasets/{dataset}/versions", .viewDataSets,
            "The versions of a data set"),
        managed(
            .dataSetVersion, .get, "/spaces/{space}/datasets/{dataset}/versions/{version}", .viewDataSets,
            "One version of a data set; 'latest' is the newest"),
        managed(
            .dataSetRules, .get, "/spaces/{space}/datasets/{dataset}/versions/{version}/rules", .viewDataSets,
            "Rules for a data gate, as this version suggests them"),
        managed(
            .deployments, .get, "/spaces/{space}/deployments", .viewDeployments, "All deployments of the space"),
        managed(
            .deployment, .get, "/spaces/{space}/deployments/{endpoint}", .viewDeployments, "One deployment"),
        managed(
            .deploy, .put, "/spaces/{space}/deployments/{endpoint}", .deploy,
            "Makes a version answer at an endpoint"),
        managed(
            .deleteDeployment, .delete, "/spaces/{space}/deployments/{endpoint}", .deleteDeployments,
            "Ends a deployment"),
        managed(
            .revisions, .get, "/spaces/{space}/deployments/{endpoint}/revisions", .viewDeployments,
            "All revisions of a deployment"),
        managed(
            .why, .get, "/spaces/{space}/deployments/{endpoint}/why", .viewDeployments,
            "Why this version is live, and what blocks the next"),
    ]

    private static let rollouts: [Route] = [
        managed(
            .live, .get, "/spaces/{space}/deployments/{endpoint}/live", .viewDeployments,
            "What was live at an endpoint at a moment"),
        managed(
            .rollBack, .post, "/spaces/{space}/deployments/{endpoint}/rollback", .rollback,
            "Makes an endpoint what it was before, or at a revision"),
        managed(
            .rollouts, .get, "/spaces/{space}/rollouts", .viewDeployments, "The rollouts of the space, newest first"),
        managed(
            .endpointRollouts, .get, "/spaces/{space}/deployments/{endpoint}/rollouts", .viewDeployments,
            "The rollouts of an endpoint, newest first"),
        managed(
            .startRollout, .post, "/spaces/{space}/deployments/{endpoint}/rollouts", .rollout,
            "Begins to move an endpoint to another version"),
        managed(
            .rollout, .get, "/spaces/{space}/deployments/{endpoint}/rollouts/{number}", .viewDeployments,
            "One rollout with its evidence; 'open' is the one that is open, or the last"),
        managed(
            .rolloutReport, .get, "/spaces/{space}/deployments/{endpoint}/rollouts/{number}/report", .viewDeployments,
            "What an A/B or shadow rollout has found out by comparing"),
        managed(
            .tellOutcomes, .post, "/spaces/{space}/deployments/{endpoint}/outcomes", .predict,
            "Tells the open A/B rollout what came of its predictions"),
        decision(.pauseRollout, "pause", .rollout, "Holds the weights of a rollout as they are"),
        decision(.resumeRollout, "resume", .rollout, "Lets a paused rollout go on"),
        decision(.promoteRollout, "promote", .rollout, "Makes a rollout's candidate what the endpoint serves"),
        decision(.abortRollout, "abort", .rollout, "Gives all traffic back to what served before"),
        decision(.approveRollout, "approve", .approveRollouts, "Approves of a rollout that waits for it"),
        decision(.rejectRollout, "reject", .approveRollouts, "Ends a rollout that waits for approvals"),
    ]

    private static let monitoring: [Route] = [
        managed(
            .ledger, .get, "/spaces/{space}/deployments/{endpoint}/ledger", .viewDeployments,
            "How much of an endpoint's predictions is written down, and since when"),
        managed(
            .exportLedger, .get, "/spaces/{space}/deployments/{endpoint}/ledger/rows", .readLedger,
            "The predictions that are written down, inputs and outputs included"),
        managed(
            .forgetLedger, .post, "/spaces/{space}/deployments/{endpoint}/ledger/forget", .forgetLedger,
            "Deletes the predictions of one subject from an endpoint's ledger"),
        managed(
            .replayLedger, .post, "/spaces/{space}/deployments/{endpoint}/ledger/replay", .readLedger,
            "Makes predictions of an endpoint's ledger again with any version, and says what is different"),
        managed(
            .feedback, .post, "/spaces/{space}/deployments/{endpoint}/feedback", .predict, body: .upload,
            "Tells the truth about predictions, which is joined to them"),
        managed(
            .quality, .get, "/spaces/{space}/deployments/{endpoint}/quality", .viewDeployments,
            "How good an endpoint's predictions turned out to be"),
        managed(
            .series, .get, "/spaces/{space}/deployments/{endpoint}/series", .viewDeployments,
            "What an endpoint did over time: requests, errors, latency by stage, resources"),
        managed(
            .drift, .get, "/spaces/{space}/deployments/{endpoint}/drift", .viewDeployments,
            "How far what an endpoint is asked and answers has gone from its reference"),
        managed(
            .monitor, .get, "/spaces/{space}/deployments/{endpoint}/monitor", .viewDeployments,
            "How an endpoint is watched"),
        managed(
            .setMonitor, .put, "/spaces/{space}/deployments/{endpoint}/monitor", .setMonitor,
            "Sets how an endpoint is watched"),
        managed(
            .monitorRevisions, .get, "/spaces/{space}/deployments/{endpoint}/monitor/revisions", .viewDeployments,
            "All that was ever set about how an endpoint is watched"),
    ]

    private static let retraining: [Route] = [
        managed(
            .retrainingRules, .get, "/spaces/{space}/deployments/{endpoint}/retraining", .viewDeployments,
            "The retraining rules of an endpoint, and how each stands"),
        managed(
            .startRetraining, .post, "/spaces/{space}/deployments/{endpoint}/retraining", .retrain,
            "Begins a run of a retraining rule"),
        managed(
            .retrainingRuns, .get, "/spaces/{space}/retraining/runs", .viewDeployments,
            "The retraining runs of the space, newest first"),
        managed(
            .retrainingRun, .get, "/spaces/{space}/retraining/runs/{number}", .viewDeployments, "One retraining run"),
        managed(
            .retrainingLog, .get, "/spaces/{space}/retraining/runs/{number}/log", .readLedger,
            "What the command of a run has written"),
        managed(
            .cancelRetraining, .post, "/spaces/{space}/retraining/runs/{number}/cancel", .retrain, "Ends a run"),
        managed(
            .reportRetraining, .post, "/spaces/{space}/retraining/runs/{number}/report", .retrain,
            "Says how a run went that another system did"),
    ]

    private static let gitRuns: [Route] = [
        managed(
            .repositories, .get, "/spaces/{space}/repositories", .viewModels,
            "The Git repositories that the space takes models from"),
        managed(.addRepository, .post, "/spaces/{space}/repositories", .manageRepositories, "Adds a Git repository"),
        managed(
            .repository, .get, "/spaces/{space}/repositories/{repository}", .viewModels, "One Git repository"),
        managed(
            .removeRepository, .delete, "/spaces/{space}/repositories/{repository}", .manageRepositories,
            "Removes a Git repository; its runs stay on record"),
        managed(
            .pauseRepository, .post, "/spaces/{space}/repositories/{repository}/pause", .manageRepositories,
            "Has no run of the repository begun until it is resumed"),
        managed(
            .resumeRepository, .post, "/spaces/{space}/repositories/{repository}/resume", .manageRepositories,
            "Lets runs of the repository begin again"),
        managed(.gitRuns, .get, "/spaces/{space}/runs", .viewModels, "The runs from Git of the space, newest first"),
        managed(
            .startGitRun, .post, "/spaces/{space}/runs", .runRepositories,
            "Begins a run of a repository, or of the commit of an earlier run"),
        managed(.gitRun, .get, "/spaces/{space}/runs/{number}", .viewModels, "One run from Git with its steps"),
        managed(
            .gitRunLog, .get, "/spaces/{space}/runs/{number}/log", .readLedger, "What a step of a run has written"),
        managed(
            .cancelGitRun, .post, "/spaces/{space}/runs/{number}/cancel", .runRepositories,
            "Ends a run, with what it started and what it asked for"),
    ]

    private static let alerting: [Route] = [
        managed(.alerts, .get, "/spaces/{space}/alerts", .viewDeployments, "The alerts of the space, newest first"),
        managed(.alert, .get, "/spaces/{space}/alerts/{number}", .viewDeployments, "One alert with its evidence"),
        managed(
            .acknowledgeAlert, .post, "/spaces/{space}/alerts/{number}/acknowledge", .manageAlerts,
            "Says that somebody looks after an alert"),
        managed(
            .alertDeliveries, .get, "/spaces/{space}/alerts/deliveries", .viewDeployments,
            "The messages of the space that went out or wait, newest first"),
        managed(
            .testAlerts, .post, "/spaces/{space}/alerts/test", .manageAlerts,
            "Sends a test to a webhook, or to whom an endpoint's alerts go"),
        managed(
            .alertRules, .get, "/spaces/{space}/deployments/{endpoint}/alert-rules", .viewDeployments,
            "The rules that watch an endpoint, and what each says now"),
        managed(
            .silences, .get, "/spaces/{space}/silences", .viewDeployments,
            "What keeps messages of alerts back, newest first"),
        managed(
            .createSilence, .post, "/spaces/{space}/silences", .manageAlerts,
            "Keeps messages of alerts back for a while"),
        managed(
            .endSilence, .delete, "/spaces/{space}/silences/{number}", .manageAlerts,
            "Ends a silence before its time"),
        managed(
            .webhookSecret, .get, "/spaces/{space}/webhook-secret", .setPolicy,
            "The secret that webhooks of the space are signed with where they name none"),
        managed(
            .gitHook, .post, "/hooks/git/{repository}", .tellOfPushes,
            "Takes the signed message of a Git service about a push, which begins a run"),
        managed(
            .rotateRepositorySecret, .post, "/spaces/{space}/repositories/{repository}/rotate-secret",
            .manageRepositories,
            "Makes another secret for the messages about a repository, and shows it this once"),
    ]

    private static func decision(
        _ id: RouteID, _ word: String, _ permission: Permission, _ summary: String
    ) -> Route {
        managed(
            id, .post, "/spaces/{space}/deployments/{endpoint}/rollouts/{number}/" + word, permission, summary)
    }

    private static let declarations: [Route] = [
        managed(
            .applications, .get, "/applications", .viewServer,
            "How often the server has changed, and who applies declared state now"),
        managed(
            .beginApplication, .post, "/applications", .applyState,
            "Begins to carry declared state out; nobody else can meanwhile"),
        managed(
            .renewApplication, .post, "/applications/{number}/renew", .applyState,
            "Says that the holder of an application is alive"),
        managed(.endApplication, .delete, "/applications/{number}", .applyState, "Ends an application"),
        managed(
            .declarationSchema, .get, "/slipway.schema.json", .viewServer,
            "The JSON Schema of the files that declare state"),
    ]

    private static let access: [Route] = [
        managed(.me, .get, "/me", .viewServer, "Who the server takes the caller for"),
        managed(.keys, .get, "/keys", .manageKeys, "The caller's keys; those of all for an owner of the server"),
        managed(.createKey, .post, "/keys", .manageKeys, "Makes a key, and shows it this once"),
        managed(
            .rotateKey, .post, "/keys/{key}/rotate", .manageKeys,
            "Makes a key in the place of another, which stays valid for a while"),
        managed(.revokeKey, .delete, "/keys/{key}", .manageKeys, "Ends a key at once"),
        managed(.members, .get, "/spaces/{space}/members", .viewMembers, "The members of the space"),
        managed(
            .setMember, .put, "/spaces/{space}/members/{member}", .manageMembers,
            "Makes somebody a member, or gives them another role"),
        managed(
            .removeMember, .delete, "/spaces/{space}/members/{member}", .manageMembers, "Takes a member's role away"),
        managed(.admins, .get, "/admins", .manageAdmins, "The owners of the server"),
        managed(.addAdmin, .put, "/admins/{member}", .manageAdmins, "Makes somebody an owner of the server"),
        managed(
            .removeAdmin, .delete, "/admins/{member}", .manageAdmins, "Makes somebody no longer an owner of the server"),
    ]

    static func managed(
        _ id: RouteID, _ method: HTTPMethod, _ path: String, _ permission: Permission, body: Body = .small,
        _ summary: String
    ) -> Route {
        Route(id, method, ["/api/v1" + path], permission: permission, by: .management, body: body, summary)
    }
}
