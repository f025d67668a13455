import GitRuns
import Journal
import Store

/// Messages of Git services, wired to the runs that they begin.
enum PushHook {
    /// Throws where the server's own key for webhooks, out of which the secrets are made, cannot be had.
    static func service(store: Store, runs: GitRunService) throws -> GitHookService {
        let master = try WebhookKeyFile.open(store.path + "/webhook.key")
        return GitHookService(
            store: store.gitHooks, secrets: HookSecrets(master: master),
            start: { order throws(ControlError) in
                // Names in a message prove nothing about people here: the run is the server's own.
                try await runs.start(
                    repository: order.repository, space: order.space, ref: order.branch, commit: order.commit,
                    cause: GitRunCause(.push, order.cause), principal: .automation,
                    idempotencyKey: order.idempotencyKey
                ).number
            })
    }
}
