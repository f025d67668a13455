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
