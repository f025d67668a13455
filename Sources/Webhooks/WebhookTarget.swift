package import Documents
import Foundation
package import Journal

/// Where events go over HTTP, and by which of the server's secrets they are signed.
package struct WebhookTarget: Sendable, Hashable, Codable {
    /// Characters of an address at most.
    package static let longestURL = 2048

    /// `https://host[:port]/path?query`, as it was given.
    package let url: String
    /// The name of a secret among the server's settings; `nil` for the secret that the space has of itself.
    package let secret: String?
    /// What the address says, in lower case; an IPv6 address is without its brackets.
    let host: String
    let port: Int

    /// Throws `invalid` for what is no address of a webhook.
    ///
    /// - Parameter field: what the address is called where it came from.
    package init(url: String, secret: String? = nil, field: String = "webhook") throws(ControlError) {
        func refusal(_ why: String) -> ControlError {
            // Of an address only what is no secret: some carry a token in their path.
            ControlError(.invalid, "'\(field)' \(why)", field: field, hint: "as https://example.com/hooks/slipway")
        }
        guard url.utf8.count <= Self.longestURL, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw refusal("must be at most \(Self.longestURL) visible ASCII characters")
        }
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            let written = URL(string: url)?.host, !written.isEmpty
        else { throw refusal("is no address") }
        // An escape is a second spelling that not every reader of addresses takes for the same.
        guard parts.percentEncodedHost?.contains("%") != true else { throw refusal("has a '%' in its host") }
        guard scheme == "https" || scheme == "http" else {
            throw refusal("must begin with https:// or http://, not \(Name.excerpt(of: scheme))://")
        }
        guard parts.user == nil, parts.password == nil else {
            throw refusal("has a user name or password in it: the signature says who sends")
        }
        guard parts.fragment == nil else { throw refusal("has a '#'") }
        let bare = written.hasPrefix("[") && written.hasSuffix("]") ? String(written.dropFirst().dropLast()) : written
        guard IPAddress(bare) != nil || Self.isHostName(bare) else {
            throw refusal("names the host '\(Name.excerpt(of: bare))'")
        }
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65_535).contains(port) else { throw refusal("has the port \(port)") }
        if let secret { try Self.validate(secret: secret, field: "secret") }
        self.url = url
        self.secret = secret
        host = bare.lowercased()
        self.port = port
    }

    /// Letters, digits, `.`, `-` and `_`: what every reader of addresses takes for the same host.
    private static func isHostName(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    /// Throws `invalid` for what cannot be the name of a secret; a name is a file's name and part of a variable's.
    package static func validate(secret: String, field: String) throws(ControlError) {
        let isName =
            (1...64).contains(secret.utf8.count)
            && secret.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
        guard isName else {
            throw ControlError(
                .invalid, "'\(field)' must be the name of a secret among the server's settings", field: field,
                hint: "1 to 64 letters, digits, '-' or '_'; the secret itself never stands here")
        }
    }

    /// The address without what may be a secret in it: `https://hooks.example.com/...`.
    package var shown: String {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme else { return host }
        let name = host.contains(":") ? "[\(host)]" : host
        let rest = parts.path.isEmpty || parts.path == "/" ? (parts.query == nil ? "" : "/...") : "/..."
        return "\(scheme)://\(name)" + (parts.port.map { ":\($0)" } ?? "") + rest
    }

    // MARK: documents

    /// Takes `webhook` and `secret` out of a mapping; `nil` where there is no `webhook`.
    package init?(taking fields: inout DocumentFields) throws(ControlError) {
        let url = try fields.text("webhook")
        let secret = try fields.text("secret")
        guard let url else {
            if secret != nil { throw fields.refusal("secret", "is there, but no 'webhook'") }
            return nil
        }
        do {
            try self.init(url: url, secret: secret)
        } catch { throw fields.placed(error) }
    }

    package var document: [String: DocumentValue] {
        var members: [String: DocumentValue] = ["webhook": .text(url)]
        if let secret { members["secret"] = .text(secret) }
        return members
    }

    // MARK: Codable

    private enum CodingKeys: String, CodingKey { case url, secret }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            url: values.decode(String.self, forKey: .url), secret: values.decodeIfPresent(String.self, forKey: .secret))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(url, forKey: .url)
        try values.encodeIfPresent(secret, forKey: .secret)
    }
}
