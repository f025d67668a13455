/// One thing that was done, as the server recorded it in the same unit of work. `hash` covers all of it and `previousHash`.
public struct AuditEventInfo: Codable, Sendable, Hashable {
    /// 1, 2, 3 ... without gaps.
    public var sequence: Int
    /// RFC 3339, UTC.
    public var at: String
    /// Who asked for it.
    public var principal: String
    /// Where it happened; empty for what concerns the server as a whole.
    public var space: String
    /// A noun and a verb: `version.push`, `deployment.delete`.
    public var action: String
    /// What was changed: `churn:3`, `fraud`.
    public var subject: String
    /// A JSON object of strings, as text: exactly what was hashed.
    public var detail: String
    /// The generation that the event made.
    public var generation: Int
    /// Of the event before; 64 zeros in the first.
    public var previousHash: String
    /// SHA-256, 64 hexadecimal digits.
    public var hash: String

    public init(
        sequence: Int, at: String, principal: String, space: String, action: String, subject: String, detail: String,
        generation: Int, previousHash: String, hash: String
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
}

/// The end of the audit chain at one moment, signed by the server with Ed25519 over
/// `slipway-audit-head-1`, sequence, hash, generation and time, one line each.
public struct AuditHeadInfo: Codable, Sendable, Hashable {
    /// Of the last event; 0 before the first.
    public var sequence: Int
    /// Of the last event; 64 zeros before the first.
    public var hash: String
    public var generation: Int
    /// RFC 3339, UTC.
    public var at: String
    /// The public key, 64 hexadecimal digits.
    public var key: String
    /// 128 hexadecimal digits.
    public var signature: String

    public init(sequence: Int, hash: String, generation: Int, at: String, key: String, signature: String) {
        self.sequence = sequence
        self.hash = hash
        self.generation = generation
        self.at = at
        self.key = key
        self.signature = signature
    }
}

/// What the server signs heads with; no secret.
public struct AuditKeyInfo: Codable, Sendable, Hashable {
    /// `Ed25519`.
    public var algorithm: String
    /// 64 hexadecimal digits.
    public var key: String

    public init(algorithm: String = "Ed25519", key: String) {
        self.algorithm = algorithm
        self.key = key
    }
}

/// The result of following the audit chain and holding it against the heads that were signed.
public struct AuditReport: Codable, Sendable, Hashable {
    /// Events whose hashes were followed.
    public var events: Int
    /// Signed heads that were compared.
    public var heads: Int
    /// The last head that the chain agrees with; absent where there is none.
    public var lastHead: AuditHeadInfo?
    /// Empty when everything is as it was written.
    public var problems: [String]

    public init(events: Int, heads: Int, lastHead: AuditHeadInfo?, problems: [String]) {
        self.events = events
        self.heads = heads
        self.lastHead = lastHead
        self.problems = problems
    }
}

/// The last line of an exported audit trail: the head that was signed for the events before it.
public struct AuditExportEnd: Codable, Sendable, Hashable {
    public var head: AuditHeadInfo

    public init(head: AuditHeadInfo) {
        self.head = head
    }
}
