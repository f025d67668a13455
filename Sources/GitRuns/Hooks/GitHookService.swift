package import Journal

/// Takes the messages of Git services: whoever knows a repository's secret can have its registered branch run, and nothing
/// else.
package struct GitHookService: Sendable {
    /// A run that a push asks for.
    package struct Order: Sendable, Hashable {
        package let repository: String
        package let space: String
        package let branch: String
        package let commit: String
        /// `push by Ada`
        package let cause: String
        /// The same for the same message.
        package let idempotencyKey: String
    }

    /// Messages of one repository that are remembered: a year of thirty pushes a day.
    package static let remembered = 10_000

    private let store: HookUnitOfWork
    private let secrets: HookSecrets
    private let start: @Sendable (Order) async throws(ControlError) -> Int

    /// - Parameter start: puts a run into the queue and gives its number; the same for the same idempotency key.
    package init(
        store: HookUnitOfWork, secrets: HookSecrets,
        start: @escaping @Sendable (Order) async throws(ControlError) -> Int
    ) {
        self.store = store
        self.secrets = secrets
        self.start = start
    }

    /// Answers a message.
    ///
    /// Throws `unauthenticated`, in the same words for a repository that is not there, unless it is signed with the
    /// repository's secret; `invalid` for what cannot be read; `conflict` for a delivery's id that came with another body;
    /// and what starting a run throws, in which case the message may come again.
    package func receive(_ name: String, _ message: HookMessage) async throws(ControlError) -> HookAnswer {
        let repository = try await authenticate(name, message)
        guard let event = message.event else {
            throw ControlError(
                .invalid, "the header 'X-GitHub-Event' is missing", field: "X-GitHub-Event",
                hint: "send 'X-GitHub-Event: push'")
        }
        switch event {
        case "ping":
            return HookAnswer(
                .pong, "pushes to \(repository.branch) start runs of \(repository.name) in space \(repository.space)")
        case "push": return try await push(repository, message)
        default: return HookAnswer(.ignored, "ignored: the event is '\(Name.excerpt(of: event))', not 'push'")
        }
    }

    private func authenticate(_ name: String, _ message: HookMessage) async throws(ControlError) -> HookedRepository {
        let repository = try await store.read { try $0.hookedRepository(name) }
        // Hashed for nobody too, so that the answer takes as long.
        let secret = secrets.secret(ofRepository: name, salt: repository?.salt ?? "")
        let isSigned = HookSignature.isValid(message.signature, body: message.body, key: Array(secret.utf8))
        guard let repository, isSigned else {
            throw ControlError(
                .unauthenticated, "the message is not signed with this hook's secret", field: "X-Hub-Signature-256",
                hint: "'sha256=' and the HMAC-SHA-256 of the body; the secret was shown when the repository was added, "
                    + "`slipway repository rotate-secret` makes another")
        }
        return repository
    }

    private func push(_ repository: HookedRepository, _ message: HookMessage) async throws(ControlError) -> HookAnswer {
        let (digest, delivery) = (message.digest, try message.deliveryID())
        let known = try await store.read {
            try $0.answeredMessage(digest: digest, delivery: delivery, repository: repository.name)
        }
        if let known {
            // An id is not signed, the body is: who sends an old body under a new id gets the old answer.
            guard known.digest == digest else {
                throw ControlError(
                    .conflict, "delivery '\(delivery ?? "")' came before with another body", field: "X-GitHub-Delivery",
                    hint: "a new message needs a new id")
            }
            return known.answer
        }
        let event = try PushEvent(message.body)
        var answer: HookAnswer
        switch event.verdict(branch: repository.branch, url: repository.url) {
        case .ignored(let why): answer = HookAnswer(.ignored, "ignored: \(why)")
        case .start(let commit):
            // A crash between here and remembering leaves the run under the same key.
            let run = try await start(
                Order(
                    repository: repository.name, space: repository.space, branch: repository.branch, commit: commit,
                    cause: "push by \(event.person)", idempotencyKey: "git-push-\(repository.name)-\(digest)"))
            answer = HookAnswer(.started, "run \(run) of \(repository.name) at \(commit.prefix(12))", run: run)
        }
        return try await remember(
            AnsweredMessage(digest: digest, delivery: delivery, answer: answer), repository)
    }

    /// Two that come at once are one: whoever is second gives the answer of the first.
    private func remember(
        _ message: AnsweredMessage, _ repository: HookedRepository
    ) async throws(ControlError) -> HookAnswer {
        let mutation = Mutation(principal: .automation, space: repository.space, idempotency: nil)
        return try await store.commit(mutation) { transaction in
            if let known = try transaction.answeredMessage(
                digest: message.digest, delivery: nil, repository: repository.name)
            {
                return Change(known.answer, event: nil)
            }
            try transaction.remember(message, repository: repository.name, atMost: Self.remembered)
            return Change(message.answer, event: nil)
        }.answer
    }

    // MARK: - Secrets

    /// The secret of a repository that was just added, for who added it; `nil` where it is gone already.
    package func secret(ofNew name: String) async throws(ControlError) -> String? {
        let repository = try await store.read { try $0.hookedRepository(name) }
        return repository.map { secrets.secret(ofRepository: name, salt: $0.salt) }
    }

    /// Makes another secret for a repository; the one before is worth nothing from now on. It is shown this once.
    package func rotateSecret(
        _ name: String, space: String, principal: Principal
    ) async throws(ControlError) -> String {
        let salt = HookSecrets.newSalt()
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            guard let repository = try transaction.hookedRepository(name), repository.space == space else {
                throw ControlError(
                    .notFound, "there is no repository '\(Name.excerpt(of: name))' in space '\(space)'",
                    field: "repository", hint: "`slipway repository list` shows those there are")
            }
            try transaction.setSalt(salt, ofRepository: name)
            return Change(true, event: AuditDraft(action: "repository.rotate", subject: name, detail: [:]))
        }
        return secrets.secret(ofRepository: name, salt: salt)
    }
}
