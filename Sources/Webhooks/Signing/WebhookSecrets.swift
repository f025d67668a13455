import Crypto
import Foundation
import Journal

/// The keys that webhooks are signed with: those that the server's settings name, and one of its own for each space.
///
/// Named ones are read at each use and kept nowhere, so that a file that is replaced counts at once.
package struct WebhookSecrets: Sendable {
    /// Bytes of a secret's file at most.
    private static let largest = 4096

    private let folder: String?
    private let environment: [String: String]
    private let master: [UInt8]

    /// - Parameters:
    ///   - folder: with one file for each secret, by its name.
    ///   - environment: where `SLIPWAY_WEBHOOK_SECRET_NAME` is the secret `NAME` (in capitals, `-` as `_`).
    ///   - master: the server's own key, out of which each space's is made.
    package init(folder: String?, environment: [String: String], master: [UInt8]) {
        self.folder = folder
        self.environment = environment
        self.master = master
    }

    /// The key of a space: whoever knows it can forge messages about that space, and about no other.
    package func key(ofSpace space: String) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: Data("slipway-webhook-1\n\(space)".utf8), using: SymmetricKey(data: master)))
    }

    /// Throws `notFound` for a secret that the server does not have, `invalid` for one that is too weak or unreadable.
    func key(named name: String?, space: String) throws(ControlError) -> [UInt8] {
        guard let name else { return key(ofSpace: space) }
        guard let text = try text(named: name) else {
            throw ControlError(
                .notFound, "the server has no webhook secret '\(name)'", field: "secret",
                hint: "put it into the folder of the setting webhook_secrets, or into \(Self.variable(name))")
        }
        guard let key = WebhookSignature.key(of: text) else {
            throw ControlError(
                .invalid, "the webhook secret '\(name)' is shorter than 16 bytes, or no base64 follows its whsec_",
                field: "secret")
        }
        return key
    }

    private func text(named name: String) throws(ControlError) -> String? {
        // Checked again: it becomes a path.
        try WebhookTarget.validate(secret: name, field: "secret")
        if let folder, let data = FileManager.default.contents(atPath: folder + "/" + name) {
            return String(decoding: data.prefix(Self.largest), as: UTF8.self)
        }
        return environment[Self.variable(name)]
    }

    private static func variable(_ name: String) -> String {
        "SLIPWAY_WEBHOOK_SECRET_" + name.uppercased().replacing("-", with: "_")
    }
}
