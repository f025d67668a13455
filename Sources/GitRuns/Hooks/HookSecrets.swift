import Crypto
import Foundation
import Journal

/// The secrets that pushes are signed with. None is stored: each is made out of the server's own key for webhooks, the
/// repository's name and a salt, which is stored and changes when the secret is to be another.
package struct HookSecrets: Sendable {
    private let master: [UInt8]

    /// - Parameter master: of `webhook.key`.
    package init(master: [UInt8]) {
        self.master = master
    }

    /// What people put where their Git service asks for the secret: 64 hexadecimal digits. Its bytes are the key.
    package func secret(ofRepository name: String, salt: String) -> String {
        HMAC<SHA256>.authenticationCode(
            for: Data("slipway-git-hook-1\n\(name)\n\(salt)".utf8), using: SymmetricKey(data: master)
        ).hexadecimal
    }

    package static func newSalt() -> String {
        SymmetricKey(size: .bits128).withUnsafeBytes { Array($0) }.hexadecimal
    }
}
