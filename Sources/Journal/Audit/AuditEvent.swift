import Crypto

/// What one unit of work did, before it has its place in the chain.
package struct AuditDraft: Sendable, Hashable {
    /// A noun and a verb: `version.push`, `deployment.delete`.
    package var action: String
    /// What was changed: `churn:3`, `fraud`.
    package var subject: String
    /// Whatever else somebody may ask for later; never secrets.
    package var detail: [String: String]

    package init(action: String, subject: String, detail: [String: String] = [:]) {
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// One link of the audit chain. Its hash covers everything in it and the hash of the event before it, so that neither an
/// event nor the order of events can be changed without every later hash telling.
package struct AuditEvent: Sendable, Hashable {
    /// 64 zeros: what comes before the first event.
    package static let genesis = String(repeating: "0", count: 64)

    /// 1, 2, 3 ... without gaps.
    package let sequence: Int
    package let at: Timestamp
    /// The id of the one who asked.
    package let principal: String
    package let space: String
    package let action: String
    package let subject: String
    /// JSON text with sorted keys, exactly as it was hashed.
    package let detail: String
    /// The generation that this event made.
    package let generation: Generation
    /// Of the event before; `genesis` in the first.
    package let previousHash: String
    /// `computedHash` as it was when the event was written.
    package let hash: String

    /// An event as it was stored; `AuditChain` says whether it holds.
    package init(
        sequence: Int, at: Timestamp, principal: String, space: String, action: String, subject: String, detail: String,
        generation: Generation, previousHash: String, hash: String
    ) {
        self.sequence = sequence
        self.at = at
        self.principal = principal
        self.space = space
        self.action = action
        self.subject = subject
        self.detail = detail
        self.generation = generation
        self.previousHash = previousHash
        self.hash = hash
    }

    /// The next event of a chain.
    package init(
        following previousHash: String, sequence: Int, at: Timestamp, principal: String, space: String, action: String,
        subject: String, detail: String, generation: Generation
    ) {
        let unsealed = AuditEvent(
            sequence: sequence, at: at, principal: principal, space: space, action: action, subject: subject,
            detail: detail, generation: generation, previousHash: previousHash, hash: "")
        self.init(
            sequence: sequence, at: at, principal: principal, space: space, action: action, subject: subject,
            detail: detail, generation: generation, previousHash: previousHash, hash: unsealed.computedHash)
    }

    /// SHA-256 over the fields in a fixed order, each preceded by its length in bytes, so that no two different events
    /// have the same text.
    package var computedHash: String {
        var hasher = SHA256()
        for field in [
            previousHash, String(sequence), String(at.microseconds), principal, space, action, subject, detail,
            String(generation.number),
        ] {
            hasher.update(data: Array("\(field.utf8.count):".utf8))
            hasher.update(data: Array(field.utf8))
        }
        return hasher.finalize().hexadecimal
    }
}
