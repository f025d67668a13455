import Crypto

/// A caller's key for one mutation, with the hash of what was asked, so that a retry finds the first answer and another
/// request under the same key is noticed.
package struct Idempotency: Sendable, Hashable {
    /// A key's bytes at most.
    package static let maximumLength = 255
    /// Answers are kept this long, in microseconds: a day.
    package static let lifetime = 86_400 * 1_000_000
    /// Answers kept at most; beyond it the oldest go first.
    package static let maximumKept = 100_000

    package let key: String
    /// SHA-256 over the parts of the request, each preceded by its length in bytes; 64 hexadecimal digits.
    package let requestHash: String

    /// Throws `invalid` unless the key is 1 to `maximumLength` visible ASCII characters.
    ///
    /// - Parameter request: everything that makes up the request, in a fixed order.
    package init(key: String, request: [String]) throws(ControlError) {
        let bytes = key.utf8
        guard !bytes.isEmpty, bytes.count <= Self.maximumLength, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ControlError(
                .invalid, "the idempotency key is not valid", field: "idempotency-key",
                hint: "1 to \(Self.maximumLength) visible ASCII characters without spaces, for example a UUID")
        }
        self.key = key
        var hasher = SHA256()
        for part in request {
            hasher.update(data: Array("\(part.utf8.count):".utf8))
            hasher.update(data: Array(part.utf8))
        }
        requestHash = hasher.finalize().hexadecimal
    }

    /// `nil` where the caller gave no key.
    package static func make(_ key: String?, _ request: [String]) throws(ControlError) -> Idempotency? {
        guard let key else { return nil }
        return try Idempotency(key: key, request: request)
    }

    /// The `conflict` for a request that comes with a key whose stored hash is another.
    package var reuseError: ControlError {
        ControlError(
            .conflict, "idempotency key '\(key)' was used for another request", field: "idempotency-key",
            hint: "use a new key for a new request, the same key only to retry the same one")
    }
}
