import Identity

/// How versions come to where they serve: rollouts, runs from Git, declared state.
extension Route {
    static let rollouts: [Route] = [
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

    private static func decision(
        _ id: RouteID, _ word: String, _ permission: Permission, _ summary: String
    ) -> Route {
        managed(
            id, .post, "/spaces/{space}/deployments/{endpoint}/rollouts/{number}/" + word, permission, summary)
    }

    static let gitRuns: [Route] = [
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

    static let declarations: [Route] = [
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
}
