package import Journal

/// A key as the server knows it: all but the secret, of which only the hash is stored.
package struct APIKey: Sendable, Hashable, Codable {
    /// The public part of the key.
    package var id: String
    /// The first key of the row that this one was rotated in: what is counted goes on through rotations.
    package var lineage: String
    /// What its owner calls it; may be empty.
    package var name: String
    /// Whose key it is: it may what they may, as far as its scope goes.
    package var principal: String
    package var scope: KeyScope
    package var limits: KeyLimits
    package var createdAt: Timestamp
    package var createdBy: String
    /// `nil` for a key that does not expire.
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?
    /// The key that it was rotated to.
    package var replacedBy: String?

    package init(
        id: String, lineage: String, name: String, principal: String, scope: KeyScope, limits: KeyLimits,
        createdAt: Timestamp, createdBy: String, expiresAt: Timestamp?, revokedAt: Timestamp? = nil,
        replacedBy: String? = nil
    ) {
        self.id = id
        self.lineage = lineage
        self.name = name
        self.principal = principal
        self.scope = scope
        self.limits = limits
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.replacedBy = replacedBy
    }

    /// Whether the server made it for its own work: such a key has what its scope names, whoever is a member where.
    var isIssuedByServer: Bool {
        principal == Principal.automation.id && createdBy == Principal.automation.id && scope.isLimited
    }

    /// Whether it still opens anything.
    package func isValid(at now: Timestamp) -> Bool { revokedAt == nil && expiresAt.map { now < $0 } ?? true }
}

/// A key with what its secret is recognised by; only the database and the data plane have it.
package struct HashedKey: Sendable, Hashable, Codable {
    package var key: APIKey
    /// SHA-256 of the secret in 64 hexadecimal digits.
    package var secretHash: String

    package init(key: APIKey, secretHash: String) {
        self.key = key
        self.secretHash = secretHash
    }
}

/// A new key, with the only copy of its secret.
package struct IssuedKey: Sendable {
    package let key: APIKey
    /// The whole key, as it has to be sent.
    package let text: String
}
