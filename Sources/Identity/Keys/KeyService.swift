package import Journal

/// Makes, rotates and revokes keys. What was done holds for the next request everywhere once its command is acknowledged:
/// also for one on a connection that is open already.
package final class KeyService: Sendable {
    /// Seconds that an old key may stay valid beside the new one at most: a year.
    package static let longestOverlap = 31_536_000
    /// Keys whose requests are limited by the month; each has its place in the ledger.
    package static let monthlyKeysAtMost = 16_000

    let store: AccessUnitOfWork
    private let publisher: AccessPublisher
    private let makeText: @Sendable () -> KeyText

    /// - Parameter makeText: a new key each time, out of 256 random bits.
    package init(
        store: AccessUnitOfWork, publisher: AccessPublisher,
        makeText: @escaping @Sendable () -> KeyText = { KeyText.make(SystemRandomNumberGenerator()) }
    ) {
        self.store = store
        self.publisher = publisher
        self.makeText = makeText
    }

    /// The caller's keys; those of all for an owner of the server who does not say whose.
    package func list(
        of principal: String? = nil, after: String? = nil, limit: Int = PageLimit.standard, caller: Caller
    ) async throws(ControlError) -> Listing<APIKey> {
        let owner = caller.isAdmin ? principal : caller.principal.id
        if let principal, principal != owner { return ([], nil) }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { try $0.keys(of: owner, after: after, limit: limit + 1) }
        return Page.cut(found, limit: limit, key: \.id)
    }

    /// What was used with a key this month, and with those that it was rotated from; `nil` where nothing is limited.
    package func usage(of key: APIKey) -> UsageCount? {
        key.limits.isMonthly ? publisher.plane.meters.meter(of: key)?.usage : nil
    }

    package func create(
        _ order: KeyOrder, caller: Caller, idempotencyKey: String? = nil
    ) async throws(ControlError) -> IssuedKey {
        let owner = try order.validate(for: caller, now: publisher.plane.now)
        let mutation = Mutation(
            principal: caller.principal, space: "", idempotency: try Idempotency.make(idempotencyKey, order.canonical))
        let text = makeText()
        let committed = try await store.commit(mutation) { transaction in
            if order.limits.isMonthly, try transaction.monthlyKeys() >= Self.monthlyKeysAtMost {
                throw ControlError(
                    .conflict,
                    "\(Self.monthlyKeysAtMost) keys have a limit for a month, which is as many as there may be",
                    hint: "revoke some that nobody uses")
            }
            let key = APIKey(
                id: text.id, lineage: text.id, name: order.name, principal: owner, scope: order.scope,
                limits: order.limits, createdAt: transaction.moment, createdBy: caller.principal.id,
                expiresAt: order.expiresAt)
            try transaction.insert(HashedKey(key: key, secretHash: text.secretHash))
            return Change(key, event: Self.event("key.create", key))
        }
        try await publisher.publish()
        return try Self.issued(committed, text)
    }

    /// Makes a key that takes the place of another, which goes on for `overlap` seconds.
    package func rotate(
        _ id: String, overlap: Int, caller: Caller, idempotencyKey: String? = nil
    ) async throws(ControlError) -> IssuedKey {
        guard (0...Self.longestOverlap).contains(overlap) else {
            throw ControlError(
                .invalid, "overlapSeconds must be from 0 to \(Self.longestOverlap), got \(overlap)",
                field: "overlapSeconds")
        }
        let mutation = Mutation(
            principal: caller.principal, space: "",
            idempotency: try Idempotency.make(idempotencyKey, ["key.rotate", id, String(overlap)]))
        let text = makeText()
        let committed = try await store.commit(mutation) { transaction in
            let now = transaction.moment
            let old = try Self.own(id, caller, transaction)
            guard old.isValid(at: now) else { throw Self.hasEnded(old) }
            let new = APIKey(
                id: text.id, lineage: old.lineage, name: old.name, principal: old.principal, scope: old.scope,
                limits: old.limits, createdAt: now, createdBy: caller.principal.id,
                expiresAt: Self.expiry(rotating: old, caller, now))
            try transaction.insert(HashedKey(key: new, secretHash: text.secretHash))
            let end = Timestamp(microseconds: now.microseconds + overlap * 1_000_000)
            try transaction.end(
                old.id, revokedAt: overlap == 0 ? now : nil, expiresAt: min(end, old.expiresAt ?? end),
                replacedBy: new.id)
            var event = Self.event("key.rotate", new)
            event.detail["replaces"] = old.id
            event.detail["overlapSeconds"] = String(overlap)
            return Change(new, event: event)
        }
        try await publisher.publish()
        return try Self.issued(committed, text)
    }

    /// Ends a key at once.
    @discardableResult
    package func revoke(
        _ id: String, caller: Caller, idempotencyKey: String? = nil
    ) async throws(ControlError) -> APIKey {
        let mutation = Mutation(
            principal: caller.principal, space: "",
            idempotency: try Idempotency.make(idempotencyKey, ["key.revoke", id]))
        let committed = try await store.commit(mutation) { transaction in
            var key = try Self.own(id, caller, transaction)
            guard key.revokedAt == nil else { return Change(key, event: nil) }
            key.revokedAt = transaction.moment
            try transaction.end(id, revokedAt: key.revokedAt, expiresAt: key.expiresAt, replacedBy: key.replacedBy)
            return Change(key, event: Self.event("key.revoke", key))
        }
        try await publisher.publish()
        return committed.answer
    }

    /// A key of the server's own, for a piece of work that it does for a rule: whoever has it may what the scope says.
    package func issue(
        name: String, scope: KeyScope, expiresAt: Timestamp
    ) async throws(ControlError) -> IssuedKey {
        let mutation = Mutation(principal: .automation, space: "", idempotency: nil)
        let text = makeText()
        let committed = try await store.commit(mutation) { transaction in
            let key = APIKey(
                id: text.id, lineage: text.id, name: name, principal: Principal.automation.id, scope: scope,
                limits: KeyLimits(), createdAt: transaction.moment, createdBy: Principal.automation.id,
                expiresAt: expiresAt)
            try transaction.insert(HashedKey(key: key, secretHash: text.secretHash))
            return Change(key, event: Self.event("key.create", key))
        }
        try await publisher.publish()
        return try Self.issued(committed, text)
    }

    /// Ends one of those keys at once; nothing happens where it has ended.
    package func revoke(issued id: String) async throws(ControlError) {
        let mutation = Mutation(principal: .automation, space: "", idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            guard var key = try transaction.key(id), key.isIssuedByServer, key.revokedAt == nil else {
                return Change(false, event: nil)
            }
            key.revokedAt = transaction.moment
            try transaction.end(id, revokedAt: key.revokedAt, expiresAt: key.expiresAt, replacedBy: key.replacedBy)
            return Change(true, event: Self.event("key.revoke", key))
        }
        try await publisher.publish()
    }

    func newText() -> KeyText { makeText() }

    func publish() async throws(ControlError) { try await publisher.publish() }

    // MARK: rules

    /// Somebody else's key is not there.
    private static func own(
        _ id: String, _ caller: Caller, _ transaction: any AccessTransaction
    ) throws -> APIKey {
        guard let key = try transaction.key(id), caller.isAdmin || key.principal == caller.principal.id else {
            throw ControlError(
                .notFound, "there is no key '\(Name.excerpt(of: id))'", field: "key",
                hint: "`slipway key list` shows the keys there are; a key is named by what stands between slw_ and _")
        }
        return key
    }

    private static func hasEnded(_ key: APIKey) -> ControlError {
        let how = key.revokedAt == nil ? "has expired" : "was revoked"
        return ControlError(
            .conflict, "the key '\(key.id)' \(how)", field: "key", hint: "make a new one: `slipway key create`")
    }

    /// The new key lives as long from now as the old one did from its start, but a key that expires may not make one that
    /// outlives it.
    private static func expiry(rotating old: APIKey, _ caller: Caller, _ now: Timestamp) -> Timestamp? {
        let own = old.expiresAt.map { end in
            Timestamp(microseconds: now.microseconds + end.microseconds - old.createdAt.microseconds)
        }
        guard let bound = caller.key?.expiresAt else { return own }
        return min(own ?? bound, bound)
    }

    /// Never the secret, nor its hash.
    static func event(_ action: String, _ key: APIKey) -> AuditDraft {
        AuditDraft(
            action: action, subject: key.id,
            detail: [
                "name": key.name, "principal": key.principal, "scope": key.scope.text, "limits": key.limits.text,
                "expiresAt": key.expiresAt?.description ?? "never",
            ])
    }

    /// A retry finds the key that the first request made, but not its secret, which nobody kept.
    private static func issued(
        _ committed: Committed<APIKey>, _ text: KeyText
    ) throws(ControlError) -> IssuedKey {
        guard !committed.isReplay else {
            throw ControlError(
                .conflict,
                "the first request with this idempotency key made the key '\(committed.answer.id)'; it was shown then, "
                    + "and cannot be shown again",
                field: "idempotency-key",
                hint: "revoke it and make another: `slipway key revoke \(committed.answer.id)`")
        }
        return IssuedKey(key: committed.answer, text: text.text)
    }
}
