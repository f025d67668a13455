/// What the server did and who asked for it, to be read, proved and exported.
package final class AuditTrail: Sendable {
    /// What `verify` found.
    package struct Verdict: Sendable, Hashable {
        package let events: Int
        package let heads: Int
        /// The last signed head that the chain agrees with.
        package let lastHead: AuditHead?
        package let problems: [String]

        package init(events: Int, heads: Int, lastHead: AuditHead?, problems: [String]) {
            self.events = events
            self.heads = heads
            self.lastHead = lastHead
            self.problems = problems
        }
    }

    private let store: AuditUnitOfWork
    private let signer: AuditSigner
    private let ledger: any AuditHeadLedger
    private let clock: any WallClock
    /// One head at a time, so that the records rise.
    private let turns = Turns()

    package init(store: AuditUnitOfWork, signer: AuditSigner, ledger: any AuditHeadLedger, clock: any WallClock) {
        self.store = store
        self.signer = signer
        self.ledger = ledger
        self.clock = clock
    }

    /// The key that heads are signed with: Ed25519, 64 hexadecimal digits. No secret.
    package var publicKey: String { signer.publicKey }

    /// One page of the events that match; `after` is the sequence that the page before ended with.
    package func events(
        _ query: AuditQuery, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<AuditEvent> {
        let last = after.flatMap { Int($0) }
        if let after, last == nil {
            throw ControlError(.invalid, "'\(Name.excerpt(of: after))' is no event's number", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { try $0.auditEvents(query, after: last, limit: limit + 1) }
        return Page.cut(found, limit: limit) { String($0.sequence) }
    }

    /// The end of the chain as it is now, signed. Nothing is kept of it.
    package func head() async throws(ControlError) -> AuditHead {
        let (last, generation) = try await store.read { (try $0.lastAuditEvent(), try $0.generation()) }
        return try signer.sign(
            sequence: last?.sequence ?? 0, hash: last?.hash ?? AuditEvent.genesis, generation: generation,
            at: Timestamp(microseconds: clock.now))
    }

    /// Follows every event and holds the chain against every head that was kept.
    package func verify() async throws(ControlError) -> Verdict {
        // Heads first: a head that is kept meanwhile may be of an event that the transaction does not see.
        let (heads, unreadable) = try await ledger.read()
        let key = publicKey
        return try await store.read { transaction in
            var proof = AuditProof(heads: heads, key: key)
            for problem in unreadable { proof.note(problem) }
            try transaction.eachAuditEvent { proof.accept($0) }
            proof.end(at: try transaction.generation())
            return Verdict(
                events: proof.chain.count, heads: proof.heads, lastHead: proof.lastHead, problems: proof.problems)
        }
    }

    /// Keeps the head as it is now, unless it is the one that was kept last. Answers it, with what went wrong outside the
    /// data folder; `nil` when there was nothing new.
    ///
    /// - Parameter last: the sequence of the head that was kept last, as far as the caller knows.
    package func keepHead(after last: Int?) async throws(ControlError) -> (head: AuditHead, problem: String?)? {
        try await turns.take("head") { () async throws(ControlError) in
            let head = try await self.head()
            guard head.sequence > 0, head.sequence != last else { return nil }
            return (head, try await self.ledger.append(head))
        }
    }
}
