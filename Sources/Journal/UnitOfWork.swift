/// One mutation that somebody asks for.
package struct Mutation: Sendable, Hashable {
    package var principal: Principal
    /// The space it is asked for; stands in the audit event.
    package var space: String
    /// `nil` where the caller gave no key: then nothing is kept to answer a retry with.
    package var idempotency: Idempotency?

    package init(principal: Principal, space: String, idempotency: Idempotency?) {
        self.principal = principal
        self.space = space
        self.idempotency = idempotency
    }
}

/// What the body of a unit of work did.
package struct Change<Answer: Codable & Sendable>: Sendable {
    package var answer: Answer
    /// `nil` where nothing had to change, or nothing that the control plane decides by (what runs log): then neither an
    /// audit event nor a generation is made.
    package var event: AuditDraft?

    package init(_ answer: Answer, event: AuditDraft?) {
        self.answer = answer
        self.event = event
    }
}

/// A unit of work that is on disk.
package struct Committed<Answer: Codable & Sendable>: Sendable {
    package var answer: Answer
    /// The generation that it made, or found when it changed nothing.
    package var generation: Generation
    /// Whether the answer is that of an earlier request with the same idempotency key.
    package var isReplay: Bool

    package init(answer: Answer, generation: Generation, isReplay: Bool) {
        self.answer = answer
        self.generation = generation
        self.isReplay = isReplay
    }
}

/// Where a control-plane room reads and changes what it keeps. `Transaction` is the room's own view of the database.
///
/// An implementation promises:
/// 1. `read` sees one state of the database from beginning to end.
/// 2. `commit` runs alone; the change, its audit event, `generation + 1` and the answer under its idempotency key are on
///    disk together when it returns, or none of them is, ever.
/// 3. A body that throws changes nothing.
/// 4. The same key with the same request gives the first answer without running the body; with another request a
///    `conflict`.
/// 5. Cancelling the task that waits does not stop what has begun.
package protocol UnitOfWork<Transaction>: Sendable {
    associatedtype Transaction

    /// Gives what `body` makes of one state of the database. Throws what it throws, as a `ControlError`.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws(ControlError) -> Value

    /// Runs `body` and stores what it did, all or nothing. Throws what it throws as a `ControlError`; `conflict` for a
    /// reused key, `storageFull` when the disk is.
    func commit<Answer: Codable & Sendable>(
        _ mutation: Mutation, _ body: @escaping @Sendable (Transaction) throws -> Change<Answer>
    ) async throws(ControlError) -> Committed<Answer>

    /// The answer that is kept under the mutation's key; `nil` when there is none.
    func replay<Answer: Codable & Sendable>(
        _ mutation: Mutation, as type: Answer.Type
    ) async throws(ControlError) -> Committed<Answer>?
}
