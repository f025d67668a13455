import Identity

/// What MLflow's clients ask: the paths of its REST interface (version 2.0, and 3.0 where its client uses that), which a
/// space may come before. What is not here is answered with MLflow's own `ENDPOINT_NOT_FOUND`.
extension Route {
    static let mlflow: [Route] = mlflowServer + mlflowExperiments + mlflowRuns + mlflowLoggedModels + mlflowArtifacts

    private static let mlflowServer: [Route] = [
        mlflow(.mlflowVersion, .get, "/version", .viewServer, "The version of MLflow's interface that is spoken here"),
        mlflow(.mlflowHealth, .get, "/health", .viewHealth, "Whether the server runs, as MLflow says it"),
        mlflow(
            .mlflowServerInfo, .get, "/api/3.0/mlflow/server-info", .viewExperiments,
            "What MLflow's client may use here beyond the least"),
    ]

    private static let mlflowExperiments: [Route] = [
        tracking(.mlflowCreateExperiment, .post, "/experiments/create", .logRuns, "Makes an experiment"),
        tracking(.mlflowExperiment, .get, "/experiments/get", .viewExperiments, "One experiment"),
        tracking(
            .mlflowExperimentByName, .get, "/experiments/get-by-name", .viewExperiments, "One experiment, by its name"),
        tracking(
            .mlflowSearchExperiments, .post, "/experiments/search", .viewExperiments, "The experiments that match"),
        tracking(.mlflowUpdateExperiment, .post, "/experiments/update", .logRuns, "Gives an experiment another name"),
        tracking(
            .mlflowDeleteExperiment, .post, "/experiments/delete", .deleteRuns, "Deletes an experiment with its runs"),
        tracking(
            .mlflowRestoreExperiment, .post, "/experiments/restore", .deleteRuns,
            "Brings a deleted experiment back with its runs"),
        tracking(
            .mlflowTagExperiment, .post, "/experiments/set-experiment-tag", .logRuns, "Sets a tag of an experiment"),
        tracking(
            .mlflowUntagExperiment, .post, "/experiments/delete-experiment-tag", .logRuns,
            "Removes a tag of an experiment"),
    ]

    private static let mlflowRuns: [Route] = [
        tracking(.mlflowCreateRun, .post, "/runs/create", .logRuns, "Begins a run"),
        tracking(.mlflowRun, .get, "/runs/get", .viewExperiments, "One run with all it has logged"),
        tracking(.mlflowSearchRuns, .post, "/runs/search", .viewExperiments, "The runs that match"),
        tracking(.mlflowUpdateRun, .post, "/runs/update", .logRuns, "Says how a run stands, or renames it"),
        tracking(.mlflowDeleteRun, .post, "/runs/delete", .deleteRuns, "Deletes a run; it can be brought back"),
        tracking(.mlflowRestoreRun, .post, "/runs/restore", .deleteRuns, "Brings a deleted run back"),
        tracking(.mlflowLogMetric, .post, "/runs/log-metric", .logRuns, "Logs one value of a metric"),
        tracking(.mlflowLogParam, .post, "/runs/log-parameter", .logRuns, "Logs one parameter"),
        tracking(.mlflowLogBatch, .post, "/runs/log-batch", .logRuns, "Logs metrics, parameters and tags at once"),
        tracking(.mlflowLogModel, .post, "/runs/log-model", .logRuns, "Notes a model that a run has logged"),
        tracking(.mlflowLogInputs, .post, "/runs/log-inputs", .logRuns, "Notes the data sets that a run has used"),
        tracking(.mlflowLogOutputs, .post, "/runs/outputs", .logRuns, "Notes the models that a run has made"),
        tracking(.mlflowTagRun, .post, "/runs/set-tag", .logRuns, "Sets a tag of a run"),
        tracking(.mlflowUntagRun, .post, "/runs/delete-tag", .logRuns, "Removes a tag of a run"),
        tracking(
            .mlflowMetricHistory, .get, "/metrics/get-history", .viewExperiments, "All values of a metric of a run"),
        tracking(
            .mlflowRunArtifacts, .get, "/artifacts/list", .viewExperiments, "The artifacts of a run in a folder"),
    ]

    private static let mlflowLoggedModels: [Route] = [
        tracking(.mlflowCreateLoggedModel, .post, "/logged-models", .logRuns, "Begins to log a model"),
        tracking(
            .mlflowSearchLoggedModels, .post, "/logged-models/search", .viewExperiments, "The logged models that match"),
        tracking(.mlflowLoggedModel, .get, "/logged-models/{logged}", .viewExperiments, "One logged model"),
        tracking(
            .mlflowFinalizeLoggedModel, .patch, "/logged-models/{logged}", .logRuns,
            "Says that all of a logged model is there, or that it failed"),
        tracking(
            .mlflowDeleteLoggedModel, .delete, "/logged-models/{logged}", .deleteRuns, "Deletes a logged model"),
        tracking(
            .mlflowLogLoggedModelParams, .post, "/logged-models/{logged}/params", .logRuns,
            "Logs parameters of a logged model"),
        tracking(
            .mlflowTagLoggedModel, .patch, "/logged-models/{logged}/tags", .logRuns, "Sets tags of a logged model"),
        tracking(
            .mlflowUntagLoggedModel, .delete, "/logged-models/{logged}/tags/{path}", .logRuns,
            "Removes a tag of a logged model"),
        tracking(
            .mlflowLoggedModelArtifacts, .get, "/logged-models/{logged}/artifacts/directories", .viewExperiments,
            "The artifacts of a logged model in a folder"),
    ]

    private static let mlflowArtifacts: [Route] = [
        artifacts(.mlflowListArtifacts, .get, "/artifacts", .viewExperiments, "The artifacts in a folder"),
        artifacts(.mlflowDownload, .get, "/artifacts/{path}", .viewExperiments, "The bytes of an artifact"),
        artifacts(
            .mlflowUpload, .put, "/artifacts/{path}", .logRuns, body: .upload, "Stores an artifact, as its bytes come"),
        artifacts(
            .mlflowDeleteArtifacts, .delete, "/artifacts/{path}", .deleteRuns, "Deletes an artifact, or a folder"),
        artifacts(
            .mlflowMultipart, .post, "/mpu/create/{path}", .logRuns,
            "Refused in the words that make the client send the file as one"),
    ]

    private static func tracking(
        _ id: RouteID, _ method: HTTPMethod, _ path: String, _ permission: Permission, _ summary: String
    ) -> Route {
        mlflow(id, method, "/api/2.0/mlflow" + path, permission, summary)
    }

    private static func artifacts(
        _ id: RouteID, _ method: HTTPMethod, _ path: String, _ permission: Permission, body: Body = .small,
        _ summary: String
    ) -> Route {
        mlflow(id, method, "/api/2.0/mlflow-artifacts" + path, permission, body: body, summary)
    }

    private static func mlflow(
        _ id: RouteID, _ method: HTTPMethod, _ path: String, _ permission: Permission, body: Body = .small,
        _ summary: String
    ) -> Route {
        Route(id, method, [path], permission: permission, by: .mlflow, body: body, spaced: true, summary)
    }
}
