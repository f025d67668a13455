import Crypto

/// The end of the audit chain at one moment, signed: kept somewhere else, it tells when events are cut off the end, or when
/// all hashes were made anew.
package struct AuditHead: Sendable, Hashable, Codable {
    /// Of the last event; 0 before the first.
    package let sequence: Int
    /// Of the last event; `AuditEvent.genesis` before the first.
    package let hash: String
    package let generation: Int
    /// When it was signed: RFC 3339, UTC.
    package let at: String
    /// The public key, Ed25519: 64 lower-case hexadecimal digits.
    package let key: String
    /// Over `message`, 128 lower-case hexadecimal digits.
    package let signature: String

    package init(sequence: Int, hash: String, generation: Int, at: String, key: String, signature: String) {
        self.sequence = sequence
        self.hash = hash
        self.generation = generation
        self.at = at
        self.key = key
        self.signature = signature
    }

    /// Whether the signature is that of `key` over what the head says.
    package var isGenuine: Bool {
        guard let key = [UInt8](hexadecimal: key), let signature = [UInt8](hexadecimal: signature),
            let known = try? Curve25519.Signing.PublicKey(rawRepresentation: key)
        else { return false }
        let message = Self.message(sequence: sequence, hash: hash, generation: generation, at: at)
        return known.isValidSignature(signature, for: message)
    }

    /// What is signed: a name for the form, then the fields, one line each. None of them can hold a line end: two are
    /// numbers, and the other two are checked by whoever reads them.
    static func message(sequence: Int, hash: String, generation: Int, at: String) -> [UInt8] {
        Array("slipway-audit-head-1\n\(sequence)\n\(hash)\n\(generation)\n\(at)\n".utf8)
    }
}

/// Signs heads with the server's own Ed25519 key.
package struct AuditSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// A new key.
    package init() {
        key = Curve25519.Signing.PrivateKey()
    }

    /// The key that `secret` gave; `nil` when it is none.
    package init?(secret: String) {
        guard let bytes = [UInt8](hexadecimal: secret),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        else { return nil }
        self.key = key
    }

    /// The key itself, 64 hexadecimal digits: for the file it is kept in, and for nothing else.
    package var secret: String { key.rawRepresentation.hexadecimal }

    /// 64 hexadecimal digits.
    package var publicKey: String { key.publicKey.rawRepresentation.hexadecimal }

    package func sign(
        sequence: Int, hash: String, generation: Generation, at: Timestamp
    ) throws(ControlError) -> AuditHead {
        let at = at.description
        let message = AuditHead.message(sequence: sequence, hash: hash, generation: generation.number, at: at)
        do {
            return AuditHead(
                sequence: sequence, hash: hash, generation: generation.number, at: at, key: publicKey,
                signature: try key.signature(for: message).hexadecimal)
        } catch { throw ControlError(.internalFailure, "the audit head could not be signed") }
    }
}
