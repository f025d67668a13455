/// One case for each thing that a route may need; a route names exactly one.
package enum Permission: String, Sendable, Hashable, CaseIterable {
    /// Whether the server runs and is ready: what probes ask, who have no key.
    case viewHealth
    /// Tell of pushes to a repository, with a signature instead of a key.
    case tellOfPushes
    /// The server's name and version, and what it speaks.
    case viewServer
    /// Counters and latencies, of the spaces that the caller sees.
    case viewMetrics
    /// Hash everything that is stored again.
    case verify
    case viewAudit
    /// Remove what nothing refers to.
    case collect
    /// Take all there is away, keys included.
    case backup
    /// Make and revoke keys of one's own.
    case manageKeys
    /// Be the one who carries declared state out. Each step needs its own permission all the same.
    case applyState
    /// Say who owns the server.
    case manageAdmins
    /// Say who is told of what happens anywhere in the server, and see what became of it.
    case manageServerWebhooks

    /// The spaces that the caller sees.
    case viewSpaces
    /// Make and delete spaces.
    case manageSpaces
    /// One space and what it demands.
    case viewSpace
    case setPolicy
    /// What was done in the space.
    case viewSpaceAudit
    case viewMembers
    case manageMembers

    case viewPromotions
    /// Ask that a version of this space becomes available in another, and take that back.
    case promote
    /// Approve and reject what is to become available in this space.
    case approvePromotions
    /// Say for an external gate whether it passed.
    case reportGate

    case viewModels
    case pushModels
    case deleteModels

    /// Send the bytes that a version or a data set is then made of.
    case uploadFiles

    case viewDataSets
    case pushDataSets

    case viewDeployments
    case deploy
    case deleteDeployments
    /// Take a deployed model out of memory, or back.
    case loadModels
    /// Start a rollout, and pause, resume, promote or abort one.
    case rollout
    /// Approve of rollouts that are to begin in this space, and reject them.
    case approveRollouts
    case rollback
    case predict
    /// See what was asked of an endpoint and what it answered, person by person.
    case readLedger
    /// Have rows of an endpoint's ledger deleted.
    case forgetLedger
    /// Say how an endpoint is watched, and what is done about what is seen.
    case setMonitor
    /// Begin and end retraining runs, and say how one went that another system did.
    case retrain
    /// Add, pause and remove the Git repositories that the space takes models from.
    case manageRepositories
    /// Begin and end runs from Git.
    case runRepositories
    /// Acknowledge alerts, keep their messages back, and send tests.
    case manageAlerts
    /// Who is told of what happens in the space, and what became of it.
    case viewWebhooks
    case manageWebhooks

    /// See experiments, their runs and what these have left behind.
    case viewExperiments
    /// Make experiments and runs, and log to them.
    case logRuns
    /// Delete experiments, runs and artifacts, and bring them back.
    case deleteRuns

    /// For what a permission is asked, and of whom.
    package enum Reach: Sendable, Hashable {
        /// Of nobody: callers need not say who they are.
        case open
        /// For the server, of everyone whom it knows.
        case server
        /// For the server, of its owners.
        case admin
        /// For one space, by the caller's role there.
        case space
    }

    package var reach: Reach {
        switch self {
        case .viewHealth, .tellOfPushes: .open
        case .viewServer, .viewMetrics, .viewSpaces, .manageKeys, .applyState: .server
        case .verify, .viewAudit, .collect, .backup, .manageAdmins, .manageSpaces, .manageServerWebhooks:
            .admin
        case .viewSpace, .setPolicy, .viewSpaceAudit, .viewMembers, .manageMembers, .viewPromotions, .promote,
            .approvePromotions, .reportGate, .viewModels, .pushModels, .deleteModels, .uploadFiles, .viewDataSets,
            .pushDataSets, .viewDeployments, .deploy, .deleteDeployments, .loadModels, .rollout,
            .approveRollouts, .rollback, .predict, .readLedger, .forgetLedger,
            .setMonitor, .retrain, .manageAlerts, .viewExperiments, .logRuns, .deleteRuns, .manageRepositories,
            .runRepositories, .viewWebhooks, .manageWebhooks:
            .space
        }
    }

    /// The table of roles and permissions (`docs/reference/roles.md` shows it). What has another reach than `space` is
    /// asked of a role only where a key is limited to some.
    package var roles: RoleSet {
        switch self {
        case .viewHealth, .tellOfPushes: .all
        case .viewServer, .viewMetrics, .viewSpaces: .members
        case .viewSpace, .viewSpaceAudit, .viewMembers, .viewPromotions, .viewModels, .viewDataSets, .viewDeployments,
            .predict, .viewExperiments:
            .members
        case .pushModels, .deleteModels, .deleteRuns, .manageRepositories: [.developer, .owner]
        case .applyState: [.developer, .validator, .operator, .owner]
        case .uploadFiles, .pushDataSets, .logRuns: [.developer, .validator, .owner]
        case .promote: [.developer, .validator, .operator, .owner]
        case .approvePromotions, .approveRollouts: [.validator, .owner]
        case .deploy, .deleteDeployments, .loadModels, .rollout, .rollback, .setMonitor, .retrain, .runRepositories:
            [.developer, .operator, .owner]
        case .reportGate: [.validator, .owner, .reporter]
        case .readLedger: [.developer, .validator, .operator, .owner]
        case .viewWebhooks: [.developer, .validator, .operator, .owner]
        case .manageWebhooks: [.operator, .owner]
        case .manageAlerts: [.developer, .validator, .operator, .owner]
        case .setPolicy, .manageMembers, .forgetLedger: [.owner]
        case .verify, .viewAudit, .collect, .backup, .manageKeys, .manageAdmins, .manageSpaces,
            .manageServerWebhooks:
            []
        }
    }

    /// In a sentence after "may not".
    var words: String {
        switch self {
        case .viewHealth: "see whether the server is healthy"
        case .tellOfPushes: "tell of pushes"
        case .viewServer: "see what the server is"
        case .viewMetrics: "see metrics"
        case .verify: "have everything hashed again"
        case .viewAudit: "see the audit"
        case .collect: "remove what nothing refers to"
        case .backup: "take a backup"
        case .manageKeys: "make or revoke keys"
        case .applyState: "apply declared state"
        case .manageAdmins: "say who owns the server"
        case .viewSpaces: "see spaces"
        case .manageSpaces: "make or delete spaces"
        case .viewSpace: "see the space"
        case .setPolicy: "set the policy"
        case .viewSpaceAudit: "see what was done"
        case .viewMembers: "see members"
        case .manageMembers: "add or remove members"
        case .viewPromotions: "see promotions"
        case .promote: "ask for a promotion"
        case .approvePromotions: "decide on promotions"
        case .viewModels: "see models"
        case .pushModels: "push models"
        case .deleteModels: "delete models"
        case .uploadFiles: "push models or data sets"
        case .viewDataSets: "see data sets"
        case .pushDataSets: "push data sets"
        case .viewDeployments: "see deployments"
        case .deploy: "deploy"
        case .deleteDeployments: "delete deployments"
        case .loadModels: "load or unload models"
        case .rollout: "roll out"
        case .approveRollouts: "decide on rollouts"
        case .rollback: "roll back"
        case .predict: "predict"
        case .reportGate: "report a gate"
        case .readLedger: "read the prediction ledger"
        case .forgetLedger: "delete rows of the prediction ledger"
        case .setMonitor: "say how endpoints are watched"
        case .retrain: "begin or end retraining runs"
        case .manageRepositories: "add, pause or remove repositories"
        case .runRepositories: "begin or end runs from Git"
        case .manageServerWebhooks: "say who is told of what happens in the server"
        case .viewWebhooks: "see webhooks"
        case .manageWebhooks: "say who is told of what happens"
        case .manageAlerts: "acknowledge, silence or test alerts"
        case .viewExperiments: "see experiments"
        case .logRuns: "log experiments and runs"
        case .deleteRuns: "delete experiments, runs or artifacts"
        }
    }
}
