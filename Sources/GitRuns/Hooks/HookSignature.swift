import Crypto
import Foundation
import Journal

/// Signatures of inbound messages, in GitHub's form: the header `X-Hub-Signature-256` is `sha256=` and the HMAC-SHA-256 of
/// the body, as it came, in 64 hexadecimal digits.
package enum HookSignature {
    package static let prefix = "sha256="

    /// The header's value for a body.
    ///
    /// - Parameter key: the bytes of the secret's text; GitHub takes them as they are typed.
    package static func sign(_ body: [UInt8], key: [UInt8]) -> String {
        prefix + HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: key)).hexadecimal
    }

    /// Whether a header's value was made with the key over these bytes. Takes as long for a wrong one as for a right one, as
    /// far as the signature goes, and hashes the body in either case.
    package static func isValid(_ header: String?, body: [UInt8], key: [UInt8]) -> Bool {
        let code = header.flatMap(Self.code) ?? []
        return HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: body, using: SymmetricKey(data: key))
    }

    /// GitHub writes small letters; others may write large ones.
    private static func code(_ header: String) -> [UInt8]? {
        let text = header.trimmingCharacters(in: .whitespaces)
        guard text.hasPrefix(prefix) else { return nil }
        return [UInt8](hexadecimal: text.dropFirst(prefix.count).lowercased())
    }
}
