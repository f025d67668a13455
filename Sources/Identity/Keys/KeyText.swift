import Crypto
import Journal

/// A key as its owner holds it: `slw_ID_SECRET`, the id in 12 letters and digits, the secret 256 random bits in 64
/// hexadecimal digits. The prefix is there for scanners that look for keys where none should be.
package struct KeyText: Sendable, Hashable {
    package static let prefix = "slw_"
    static let idLength = 12
    static let secretLength = 64
    package static let length = prefix.utf8.count + idLength + 1 + secretLength

    /// The public part, by which the key is known.
    package let id: String
    let secret: [UInt8]

    /// A new key out of random bytes.
    package static func make(_ random: some RandomNumberGenerator) -> KeyText {
        var random = random
        let letters = Array("abcdefghjkmnpqrstvwxyz0123456789".utf8)
        let id = (0..<idLength).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] }
        let secret = (0..<(secretLength / 2)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return KeyText(id: String(decoding: id, as: UTF8.self), secret: Array(secret.hexadecimal.utf8))
    }

    private init(id: String, secret: [UInt8]) {
        self.id = id
        self.secret = secret
    }

    /// `nil` for what has not the form of a key.
    package init?(_ text: UnsafeRawBufferPointer) {
        guard text.count == Self.length, text.starts(with: Self.prefix.utf8) else { return nil }
        let id = text.dropFirst(Self.prefix.utf8.count).prefix(Self.idLength)
        let rest = text.dropFirst(Self.prefix.utf8.count + Self.idLength)
        guard id.allSatisfy({ Self.isLetterOrDigit($0) }), rest.first == UInt8(ascii: "_"),
            rest.dropFirst().allSatisfy({ Self.isHexadecimal($0) })
        else { return nil }
        self.id = String(decoding: id, as: UTF8.self)
        self.secret = Array(rest.dropFirst())
    }

    /// What the owner is shown, once.
    package var text: String { Self.prefix + id + "_" + String(decoding: secret, as: UTF8.self) }

    /// What is stored of the secret: 64 hexadecimal digits. Of 256 random bits one SHA-256 is enough: there is nothing to
    /// guess, so nothing that a slow hash would slow down.
    package var secretHash: String { SHA256.hash(data: secret).hexadecimal }

    /// Whether the hash of the secret is this one; takes the same time wherever they differ.
    package func matches(_ storedHash: String) -> Bool {
        let own = Array(secretHash.utf8)
        let stored = Array(storedHash.utf8)
        guard own.count == stored.count else { return false }
        return zip(own, stored).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension KeyText: CustomStringConvertible {
    /// Without the secret: whatever prints a key by accident prints this.
    package var description: String { Self.prefix + id + "_..." }
}
