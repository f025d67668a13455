import GRDB
import Journal

/// Audit, generation and idempotency: what every unit of work does besides its change.
extension StoredTransaction {
    func generation() throws -> Generation {
        guard let value = try Int.fetchOne(db, sql: "SELECT value FROM generation WHERE id = 1") else {
            throw ControlError(.internalFailure, "the database has no generation")
        }
        return Generation(value)
    }

    func know(_ principal: Principal) throws {
        try execute(
            "INSERT INTO principal (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING", [principal.id, now])
    }

    /// Appends the event and raises the generation; without an event there was no change, and both stay.
    func journal(_ event: AuditDraft?, of mutation: Mutation) throws -> Generation {
        guard let event else { return try generation() }
        let next = Generation(try generation().number + 1)
        try execute("UPDATE generation SET value = ? WHERE id = 1", [next.number])
        let last = try Row.fetchOne(db, sql: "SELECT sequence, hash FROM audit_event ORDER BY sequence DESC LIMIT 1")
        let sealed = AuditEvent(
            following: last?["hash"] ?? AuditEvent.genesis, sequence: (last?["sequence"] ?? 0) + 1,
            at: Timestamp(microseconds: now), principal: mutation.principal.id, space: mutation.space,
            action: event.action, subject: event.subject, detail: try Self.json(event.detail), generation: next)
        try execute(
            """
            INSERT INTO audit_event
                (sequence, at, principal, space, action, subject, detail, generation, previous_hash, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                sealed.sequence, sealed.at.microseconds, sealed.principal, sealed.space, sealed.action, sealed.subject,
                sealed.detail, sealed.generation.number, sealed.previousHash, sealed.hash,
            ])
        return next
    }

    /// The answer that is kept under the mutation's key. An expired one is none.
    func earlierAnswer<Answer: Codable & Sendable>(to mutation: Mutation) throws -> Committed<Answer>? {
        guard let idempotency = mutation.idempotency,
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT request_hash, response FROM idempotency
                    WHERE principal = ? AND key = ? AND expires_at > ?
                    """, arguments: [mutation.principal.id, idempotency.key, now])
        else { return nil }
        guard row["request_hash"] == idempotency.requestHash else { throw idempotency.reuseError }
        return Committed(
            answer: try Self.decode(Answer.self, row["response"]), generation: try generation(), isReplay: true)
    }

    func keep(_ answer: some Encodable, for mutation: Mutation) throws {
        guard let idempotency = mutation.idempotency else { return }
        try execute("DELETE FROM idempotency WHERE expires_at <= ?", [now])
        try execute(
            """
            INSERT INTO idempotency (principal, key, request_hash, response, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                mutation.principal.id, idempotency.key, idempotency.requestHash, try Self.json(answer), now,
                now + Idempotency.lifetime,
            ])
        try execute(
            "DELETE FROM idempotency WHERE id <= ?", [db.lastInsertedRowID - Int64(Idempotency.maximumKept)])
    }
}
