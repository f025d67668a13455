package import Journal

/// The spaces of this server.
package final class Spaces: Sendable {
    private let store: SpaceUnitOfWork
    private let publisher: (any GenerationPublisher)?

    /// - Parameter publisher: `nil` where nothing is published, as in tests of the store.
    package init(store: SpaceUnitOfWork, publisher: (any GenerationPublisher)? = nil) {
        self.store = store
        self.publisher = publisher
    }

    /// Spaces by name, those after `after`; `limit` is brought into the range that a page may have.
    package func list(
        after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<SpaceSummary> {
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { try $0.spaces(after: after, limit: limit + 1) }
        return Page.cut(found, limit: limit) { $0.space.name }
    }

    /// One space with what it holds; `notFound` when there is none of that name.
    package func show(_ name: String) async throws(ControlError) -> SpaceSummary {
        guard let summary = try await store.read({ try $0.space(name) }) else { throw ControlError.spaceNotFound(name) }
        return summary
    }

    /// Every policy that the space ever had, newest first; `after` is the revision that the page before ended with.
    package func policyRevisions(
        of space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<PolicyRevision> {
        let before = after.flatMap(Int.init)
        if let after, before == nil {
            throw ControlError(.invalid, "'\(Name.excerpt(of: after))' is not a revision", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            guard try transaction.space(space) != nil else { throw ControlError.spaceNotFound(space) }
            return try transaction.policyRevisions(of: space, before: before, limit: limit + 1)
        }
        return Page.cut(found, limit: limit) { String($0.policy.revision) }
    }

    /// Makes a space that demands nothing yet. `conflict` when there is one of this name.
    package func create(
        _ name: String, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> SpaceSummary {
        try Name.validate(name, field: "name")
        let mutation = Mutation(
            principal: principal, space: name,
            idempotency: try Idempotency.make(idempotencyKey, ["space.create", name]))
        let committed = try await store.commit(mutation) { transaction in
            guard try transaction.space(name) == nil else {
                throw ControlError(.conflict, "there is a space '\(name)' already", field: "name")
            }
            try transaction.insertSpace(name, by: principal)
            return Change(name, event: AuditDraft(action: "space.create", subject: name))
        }
        try await publisher?.publish()
        return try await show(committed.answer)
    }

    /// Removes an empty space. `conflict` when anything is in it, with what that is.
    package func delete(
        _ name: String, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) {
        let mutation = Mutation(
            principal: principal, space: name,
            idempotency: try Idempotency.make(idempotencyKey, ["space.delete", name]))
        _ = try await store.commit(mutation) { transaction in
            guard try transaction.space(name) != nil else { throw ControlError.spaceNotFound(name) }
            guard name != Space.defaultName else {
                throw ControlError(
                    .conflict, "the space '\(name)' is meant where none is named, and stays", field: "space")
            }
            let contents = try transaction.contents(of: name, limit: 6)
            if let what = contents.sentence {
                throw ControlError(
                    .conflict, "the space '\(name)' is not empty: \(what)", field: "space",
                    hint: contents.hint(space: name))
            }
            try transaction.removeSpace(name)
            return Change(name, event: AuditDraft(action: "space.delete", subject: name))
        }
        try await publisher?.publish()
    }
}

extension SpaceContents {
    /// `2 endpoints (a, b), the model churn`; `nil` when there is nothing.
    fileprivate var sentence: String? {
        let parts = [
            Self.part("endpoint", endpoints), Self.part("model", models),
            Self.part("open promotion", promotions.map { String($0) }),
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    private static func part(_ word: String, _ names: [String]) -> String? {
        guard let first = names.first else { return nil }
        if names.count == 1 { return "the \(word) \(first)" }
        let shown = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "more than 5 \(word)s (\(shown), ...)" : "\(names.count) \(word)s (\(shown))"
    }

    fileprivate func hint(space: String) -> String {
        if let endpoint = endpoints.first { return "`slipway deployment delete \(endpoint) --space \(space)`" }
        if let model = models.first { return "`slipway model delete \(model):VERSION --space \(space)`" }
        let number = promotions.first ?? 0
        return "`slipway promotion reject \(number)` or `slipway promotion withdraw \(number)` ends it"
    }
}
