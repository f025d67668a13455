import Crypto
import Foundation

/// Signatures as the Standard Webhooks specification has them: HMAC-SHA-256 over `ID.TIMESTAMP.BODY`, in base64, with
/// the version of the scheme before it.
package enum WebhookSignature {
    /// What stands before the base64 of a secret.
    package static let prefix = "whsec_"

    /// - Parameters:
    ///   - timestamp: seconds since 1970.
    ///   - key: the bytes of the secret, without its prefix.
    package static func sign(id: String, timestamp: Int, body: String, key: [UInt8]) -> String {
        let message = Data("\(id).\(timestamp).\(body)".utf8)
        let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key))
        return "v1," + Data(code).base64EncodedString()
    }

    /// The headers of one attempt to send.
    static func headers(id: String, timestamp: Int, body: String, key: [UInt8]) -> [(name: String, value: String)] {
        [
            ("webhook-id", id), ("webhook-timestamp", String(timestamp)),
            ("webhook-signature", sign(id: id, timestamp: timestamp, body: body, key: key)),
        ]
    }

    /// A key as people hand it on: `whsec_` and base64.
    package static func text(of key: [UInt8]) -> String { prefix + Data(key).base64EncodedString() }

    /// The key that a text stands for; `nil` where it has the prefix and no base64 behind it, or fewer than 16 bytes.
    package static func key(of text: String) -> [UInt8]? {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let bytes: [UInt8]
        if text.hasPrefix(prefix) {
            guard let data = Data(base64Encoded: String(text.dropFirst(prefix.count))) else { return nil }
            bytes = Array(data)
        } else {
            bytes = Array(text.utf8)
        }
        return bytes.count >= 16 ? bytes : nil
    }
}
