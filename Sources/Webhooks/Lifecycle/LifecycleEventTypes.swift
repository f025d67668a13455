import Journal

/// What is told of an audit action.
package struct LifecycleEventType: Sendable, Hashable {
    /// As the audit has it: `promotion.request`.
    package let action: String
    /// As receivers see it, behind `slipway.`: `promotion.requested`.
    package let type: String
    /// When it is sent.
    package let meaning: String

    init(_ action: String, _ type: String, _ meaning: String) {
        self.action = action
        self.type = type
        self.meaning = meaning
    }
}

/// Which events there are. The audit chain is where they come from: every action there has one here, or more.
/// `docs/reference/webhooks.md` shows this table; a test compares the two, and both with the actions in the code.
package enum LifecycleEventTypes {
    /// What stands before every type.
    package static let prefix = "slipway."

    package static let all: [LifecycleEventType] =
        models + promotions + deployments + rollouts + monitoring + git + tracking + people + server

    private static let models: [LifecycleEventType] = [
        .init("version.push", "version.pushed", "a version was pushed"),
        .init("version.delete", "version.deleted", "a version is gone from the server"),
        .init("version.withdraw", "version.withdrawn", "a version is no longer available in the space"),
        .init("version.describe", "version.described", "what a version is, in words and tags, was changed"),
        .init("model.register", "model.registered", "a model has a name before it has a version"),
        .init("model.describe", "model.described", "what a model is, in words and tags, was changed"),
        .init("model.unregister", "model.unregistered", "a model was taken out of the registry with its versions"),
        .init("model.tag", "model.tagged", "a tag of a model was set"),
        .init("model.untag", "model.untagged", "a tag of a model was removed"),
        .init("version.tag", "version.tagged", "a tag of a version was set"),
        .init("version.untag", "version.untagged", "a tag of a version was removed"),
        .init("alias.set", "alias.set", "a name stands for a version of a model"),
        .init("alias.delete", "alias.deleted", "a name stands for no version any more"),
        .init("dataset.push", "dataset.pushed", "a version of a data set was pushed"),
    ]

    private static let promotions: [LifecycleEventType] = [
        .init("promotion.request", "promotion.requested", "somebody asks that a version becomes available in a space"),
        .init("promotion.report", "promotion.reported", "a gate has said how it went"),
        .init("promotion.recheck", "promotion.rechecked", "the world has changed: the gates run again"),
        .init("promotion.approve", "promotion.approved", "somebody has approved, and more approvals are needed"),
        .init("promotion.reject", "promotion.rejected", "somebody has rejected it"),
        .init("promotion.withdraw", "promotion.withdrawn", "who asked for it has taken it back"),
        .init("promotion.apply", "promotion.applied", "the version is available in the space"),
        .init("promotion.fail", "promotion.failed", "a gate has failed"),
        .init("promotion.supersede", "promotion.superseded", "another one has taken its place"),
    ]

    private static let deployments: [LifecycleEventType] = [
        .init(deploy, "deployment.created", "an endpoint answers that was not there"),
        .init(deploy, "deployment.updated", "an endpoint has another version, or other options"),
        .init(
            "deployment.rollback", "deployment.rolledBack", "an endpoint is again what it was at an earlier revision"),
        .init("deployment.load", "deployment.loaded", "the model of an endpoint was brought back into memory"),
        .init("deployment.unload", "deployment.unloaded", "the model of an endpoint was taken out of memory"),
        .init("deployment.delete", "deployment.deleted", "an endpoint is gone"),
    ]

    private static let rollouts: [LifecycleEventType] = [
        .init("rollout.start", "rollout.started", "an endpoint begins to move to another version"),
        .init("rollout.approve", "rollout.approved", "somebody has approved of it"),
        .init("rollout.reject", "rollout.rejected", "somebody has rejected it"),
        .init("rollout.advance", "rollout.stepped", "the candidate gets more of the requests"),
        .init("rollout.pause", "rollout.paused", "its weights stay as they are"),
        .init("rollout.resume", "rollout.resumed", "it goes on"),
        .init("rollout.promote", "rollout.promoted", "the endpoint serves the candidate"),
        .init("rollout.rollback", "rollout.rolledBack", "a check has failed: the endpoint serves what it did before"),
        .init("rollout.abort", "rollout.aborted", "somebody has ended it: the endpoint serves what it did before"),
        .init("rollout.settle", "rollout.settled", "nobody watches over the promoted candidate any more"),
        .init("rollout.expire", "rollout.expired", "nobody decided in time"),
    ]

    private static let monitoring: [LifecycleEventType] = [
        .init("monitor.set", "monitor.changed", "an endpoint is watched in another way"),
        .init("alert.fired", "alert.fired", "a rule of an endpoint fires"),
        .init("alert.acknowledged", "alert.acknowledged", "somebody looks after an alert"),
        .init("alert.resolved", "alert.resolved", "an alert has ended"),
        .init("silence.created", "silence.created", "messages of alerts are kept back"),
        .init("silence.ended", "silence.ended", "a silence was ended before its time"),
        .init("retraining.requested", "retraining.queued", "a rule, or somebody, has asked for a run"),
        .init("retraining.started", "retraining.started", "a run has begun"),
        .init("retraining.finished", "retraining.finished", "a run has ended, well or not"),
        .init("retraining.followed", "retraining.followed", "what a run pushed goes on: its promotion, its rollout"),
        .init("ledger.forget", "ledger.forgetting", "somebody has one subject's predictions deleted"),
        .init("ledger.forgotten", "ledger.forgotten", "one subject's predictions are deleted"),
    ]

    private static let git: [LifecycleEventType] = [
        .init("run.requested", "run.requested", "a push, or somebody, has asked for a run of a repository"),
        .init("run.started", "run.started", "a run has begun"),
        .init("run.step", "run.stepped", "a step of a run has ended, or waits"),
        .init("run.interrupted", "run.interrupted", "the server has ended in a run; the next start goes on with it"),
        .init("run.finished", "run.finished", "a run has ended, well or not"),
        .init("repository.add", "repository.added", "a repository is known"),
        .init("repository.pause", "repository.paused", "pushes to a repository start nothing"),
        .init("repository.resume", "repository.resumed", "pushes to a repository start runs again"),
        .init("repository.rotate", "repository.rotated", "the secret of a repository's pushes is another"),
        .init("repository.remove", "repository.removed", "a repository is not known any more"),
        .init("application.begin", "application.begun", "a file of declared state is being applied"),
        .init("application.end", "application.ended", "the file was applied, or was not"),
    ]

    private static let tracking: [LifecycleEventType] = [
        .init("experiment.create", "experiment.created", "there is a new experiment"),
        .init("experiment.rename", "experiment.renamed", "an experiment has another name"),
        .init("experiment.tag", "experiment.tagged", "an experiment has a tag"),
        .init("experiment.untag", "experiment.untagged", "an experiment has a tag no more"),
        .init("experiment.delete", "experiment.deleted", "an experiment is deleted, and can be restored"),
        .init("experiment.restore", "experiment.restored", "a deleted experiment is there again"),
        .init("tracking.begin", "tracking.begun", "a run of an experiment has begun"),
        .init("tracking.end", "tracking.ended", "a run of an experiment has ended"),
        .init("tracking.delete", "tracking.deleted", "a run of an experiment is deleted, and can be restored"),
        .init("tracking.restore", "tracking.restored", "a deleted run is there again"),
        .init("tracking.model", "tracking.modelLogged", "a model was logged"),
        .init("tracking.drop", "tracking.modelDropped", "a logged model is deleted"),
        .init("tracking.clear", "tracking.cleared", "artifacts were removed"),
    ]

    private static let people: [LifecycleEventType] = [
        .init("space.create", "space.created", "there is a new space"),
        .init("space.policy", "space.policyChanged", "a space demands something else"),
        .init("space.delete", "space.deleted", "a space is gone"),
        .init("member.add", "member.added", "somebody has a role in a space"),
        .init("member.change", "member.changed", "somebody has another role in a space"),
        .init("member.remove", "member.removed", "somebody has no role in a space any more"),
        .init("webhook.create", "webhook.created", "there is a new webhook"),
        .init("webhook.update", "webhook.updated", "a webhook goes elsewhere, or gets other events"),
        .init(
            "webhook.pause", "webhook.paused", "a webhook gets nothing for now; the server does it to one that fails"),
        .init("webhook.resume", "webhook.resumed", "a webhook gets events again"),
        .init("webhook.redeliver", "webhook.redelivered", "an event is sent again"),
        .init("webhook.delete", "webhook.deleted", "a webhook is gone"),
    ]

    /// Of no space: only webhooks of the whole server get them.
    private static let server: [LifecycleEventType] = [
        .init("key.create", "key.created", "there is a new key"),
        .init("key.rotate", "key.rotated", "a key was made in the place of another"),
        .init("key.revoke", "key.revoked", "a key has ended"),
        .init("admin.add", "admin.added", "somebody owns the server"),
        .init("admin.remove", "admin.removed", "somebody does not own the server any more"),
        .init("server.handover", "server.handover", "a start of the server has made a key for its owner"),
        .init("storage.collect", "storage.collected", "files that nothing refers to were removed"),
    ]

    private static let deploy = "deployment.deploy"
    private static let byAction = Dictionary(all.map { ($0.action, $0.type) }) { first, _ in first }

    /// The type of an event without its prefix. An action that the table does not know is its own type.
    ///
    /// - Parameter detail: of the audit event.
    package static func type(of action: String, detail: [String: String]) -> String {
        // What was live before is named where there was anything.
        if action == deploy, detail["before"] != nil { return "deployment.updated" }
        return byAction[action] ?? action
    }
}
