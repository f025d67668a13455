package import Journal

/// Repositories: added, shown, paused, removed.
extension GitRunService {
    /// Adds a repository to a space. Whether the caller may act in the spaces that it names was asked before.
    ///
    /// Errors: `invalid`, `refused` (the server's list does not let its address), `notFound` (space), `conflict` (name).
    package func add(
        _ draft: GitRepositoryDraft, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> GitRepository {
        try GitAddress(draft.url).requireAllowed(by: settings.allow)
        let mutation = Mutation(
            principal: principal, space: draft.space,
            idempotency: try Idempotency.make(
                idempotencyKey, ["repository.add", draft.space, draft.name, draft.url, draft.branch] + draft.into))
        _ = try await store.commit(mutation) { transaction in
            guard try transaction.hasSpace(draft.space) else { throw ControlError.spaceNotFound(draft.space) }
            for space in draft.into where try !transaction.hasSpace(space) {
                throw ControlError(.notFound, "there is no space '\(space)'", field: "into")
            }
            guard try !transaction.isTaken(repository: draft.name) else {
                throw ControlError(
                    .conflict, "the repository name '\(draft.name)' is taken", field: "name",
                    hint: "names count for the whole server: choose another")
            }
            try transaction.insert(draft, salt: HookSecrets.newSalt(), by: principal)
            return Change(
                true,
                event: AuditDraft(
                    action: "repository.add", subject: draft.name,
                    detail: [
                        "url": draft.url, "branch": draft.branch, "into": draft.into.joined(separator: ","),
                    ]))
        }
        try await publish()
        return try await repository(draft.name, space: draft.space)
    }

    /// `notFound` where the space has none of this name.
    package func repository(_ name: String, space: String) async throws(ControlError) -> GitRepository {
        try await store.read { try Self.require(name, space, $0) }
    }

    static func require(_ name: String, _ space: String, _ transaction: any GitRunTransaction) throws -> GitRepository {
        guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
        guard let found = try transaction.repository(name, space: space) else {
            throw ControlError(
                .notFound, "there is no repository '\(Name.excerpt(of: name))' in space '\(space)'",
                field: "repository", hint: "`slipway repository list` shows those there are")
        }
        return found
    }

    /// In the order of names; `after` is the name that the page before ended with.
    package func repositories(
        space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<GitRepository> {
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            return try transaction.repositories(space: space, after: after, limit: limit + 1)
        }
        return Page.cut(found, limit: limit, key: \.name)
    }

    /// Has nothing begun from the repository until it is resumed; what is under way goes on.
    package func pause(
        _ name: String, space: String, reason: String = "", principal: Principal
    ) async throws(ControlError) -> GitRepository {
        try Self.check(reason: reason)
        return try await change(name, space, principal) { repository, transaction in
            guard repository.pause == nil else { return nil }
            try transaction.setPause(
                GitRepository.Pause(by: principal.id, at: transaction.moment, reason: reason),
                ofRepository: repository.id)
            return AuditDraft(action: "repository.pause", subject: name, detail: ["reason": reason])
        }
    }

    package func resume(
        _ name: String, space: String, principal: Principal
    ) async throws(ControlError) -> GitRepository {
        try await change(name, space, principal) { repository, transaction in
            guard repository.pause != nil else { return nil }
            try transaction.setPause(nil, ofRepository: repository.id)
            return AuditDraft(action: "repository.resume", subject: name, detail: [:])
        }
    }

    private func change(
        _ name: String, _ space: String, _ principal: Principal,
        _ body: @escaping @Sendable (GitRepository, any GitRunTransaction) throws -> AuditDraft?
    ) async throws(ControlError) -> GitRepository {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            Change(true, event: try body(try Self.require(name, space, transaction), transaction))
        }
        try await publish()
        return try await repository(name, space: space)
    }

    /// Takes a repository away; its runs stay on record. `conflict` while one of them is open.
    package func remove(_ name: String, space: String, principal: Principal) async throws(ControlError) {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            let repository = try Self.require(name, space, transaction)
            let filter = GitRunFilter(space: space, repository: name, onlyOpen: true)
            if let open = try transaction.gitRuns(filter, before: nil, limit: 1).first {
                throw ControlError(
                    .conflict, "\(open.title) is \(open.life.state.rawValue)", field: "repository",
                    hint: "end it first: `slipway run cancel \(open.number)`")
            }
            try transaction.removeRepository(repository.id)
            return Change(true, event: AuditDraft(action: "repository.remove", subject: name, detail: [:]))
        }
        try await publish()
    }

    static func check(reason: String) throws(ControlError) {
        guard reason.utf8.count <= 4096 else {
            throw ControlError(.invalid, "the reason has \(reason.utf8.count) bytes, at most 4096", field: "reason")
        }
    }
}
