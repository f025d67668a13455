import Identity

/// What MLflow's clients ask of its model registry: registered models are models here, model versions are versions.
extension Route {
    static let mlflowRegistry: [Route] = mlflowModels + mlflowVersions

    private static let mlflowModels: [Route] = [
        registry(.mlflowCreateModel, .post, "/registered-models/create", .pushModels, "Takes a name for a model"),
        registry(.mlflowModel, .get, "/registered-models/get", .viewModels, "One model"),
        registry(
            .mlflowRenameModel, .post, "/registered-models/rename", .pushModels, "Refused: a model's name is for life"),
        registry(.mlflowUpdateModel, .patch, "/registered-models/update", .pushModels, "Describes a model"),
        registry(
            .mlflowDeleteModel, .delete, "/registered-models/delete", .deleteModels,
            "Deletes a model with all its versions, when none is needed"),
        registry(.mlflowSearchModels, .get, "/registered-models/search", .viewModels, "The models that match"),
        registry(
            .mlflowLatestVersions, .get, "/registered-models/get-latest-versions", .viewModels,
            "The latest version of a model"),
        registry(
            .mlflowAskLatestVersions, .post, "/registered-models/get-latest-versions", .viewModels,
            "The latest version of a model"),
        registry(.mlflowTagModel, .post, "/registered-models/set-tag", .pushModels, "Sets a tag of a model"),
        registry(
            .mlflowUntagModel, .delete, "/registered-models/delete-tag", .pushModels, "Removes a tag of a model"),
        registry(.mlflowSetAlias, .post, "/registered-models/alias", .pushModels, "Gives a version a name"),
        registry(.mlflowDeleteAlias, .delete, "/registered-models/alias", .pushModels, "Takes an alias away"),
        registry(.mlflowAlias, .get, "/registered-models/alias", .viewModels, "The version that has an alias"),
    ]

    private static let mlflowVersions: [Route] = [
        registry(
            .mlflowCreateVersion, .post, "/model-versions/create", .pushModels,
            "Makes a version of artifacts that are here"),
        registry(.mlflowModelVersion, .get, "/model-versions/get", .viewModels, "One version"),
        registry(.mlflowUpdateVersion, .patch, "/model-versions/update", .pushModels, "Describes a version"),
        registry(
            .mlflowDeleteVersion, .delete, "/model-versions/delete", .deleteModels,
            "Deletes a version, when nothing needs it"),
        registry(.mlflowSearchVersions, .get, "/model-versions/search", .viewModels, "The versions that match"),
        registry(
            .mlflowVersionLocation, .get, "/model-versions/get-download-uri", .viewModels,
            "Where the files of a version can be read"),
        registry(
            .mlflowStage, .post, "/model-versions/transition-stage", .pushModels,
            "Refused: promotions and aliases take the place of stages"),
        registry(.mlflowTagVersion, .post, "/model-versions/set-tag", .pushModels, "Sets a tag of a version"),
        registry(
            .mlflowUntagVersion, .delete, "/model-versions/delete-tag", .pushModels, "Removes a tag of a version"),
    ]

    private static func registry(
        _ id: RouteID, _ method: HTTPMethod, _ path: String, _ permission: Permission, _ summary: String
    ) -> Route {
        Route(
            id, method, ["/api/2.0/mlflow" + path], permission: permission, by: .mlflow, body: .small, spaced: true,
            summary)
    }
}
