import Identity

/// What endpoints do and have done, and what comes of it: drift, quality, alerts, retraining.
extension Route {
    static let monitoring: [Route] = [
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

    static let retraining: [Route] = [
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

    static let alerting: [Route] = [
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
}
