import Foundation
import JWTKit

/// One public key of a provider, for the one algorithm that it is for. A token says which key and which algorithm it wants:
/// the key is looked up, and the algorithm must be the key's own. So nobody has an RSA key taken for a secret of HMAC, and
/// `none` is no algorithm of any key.
struct ProviderKey: Sendable {
    enum Algorithm: String, Sendable, Hashable, CaseIterable {
        case rs256 = "RS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    /// Bits that an RSA key has at least (RFC 7518 section 3.3).
    private static let smallestModulus = 2048
    /// Keys of one provider that are looked at.
    static let limit = 64

    let id: String?
    let algorithm: Algorithm
    /// Of its public members, to see whether it is another key under the same name.
    let fingerprint: String
    /// With this key in it and nothing else.
    private let verifier: JWTKeyCollection

    /// The keys of a set (RFC 7517) that signatures can be checked with; others are left out.
    static func all(in set: [UInt8]) async -> [ProviderKey] {
        guard let document = try? JSONSerialization.jsonObject(with: Data(set)) as? [String: Any],
            let keys = document["keys"] as? [[String: Any]]
        else { return [] }
        var found: [ProviderKey] = []
        for key in keys.prefix(limit) { if let key = await ProviderKey(key) { found.append(key) } }
        return found
    }

    private init?(_ members: [String: Any]) async {
        guard (members["use"] as? String) ?? "sig" == "sig", let type = members["kty"] as? String,
            let algorithm = Self.algorithm(type, members)
        else { return nil }
        if let said = members["alg"] as? String, said != algorithm.rawValue { return nil }
        let names =
            switch algorithm {
            case .rs256: ["n", "e"]
            case .es256: ["crv", "x", "y"]
            case .edDSA: ["crv", "x"]
            }
        var public_ = ["kty": type]
        for name in names {
            guard let value = members[name] as? String else { return nil }
            public_[name] = value
        }
        fingerprint = public_.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        // Our own names for jwt-kit: what a token says of its key never gets that far.
        public_["kid"] = Self.only
        public_["alg"] = algorithm.rawValue
        let verifier = JWTKeyCollection()
        guard let json = try? JSONEncoder().encode(public_), let key = try? JSONDecoder().decode(JWK.self, from: json),
            (try? await verifier.add(jwk: key)) != nil
        else { return nil }
        self.verifier = verifier
        self.algorithm = algorithm
        id = members["kid"] as? String
    }

    private static let only = "only"

    private static func algorithm(_ type: String, _ members: [String: Any]) -> Algorithm? {
        switch (type, members["crv"] as? String) {
        case ("RSA", nil):
            // Base64url: 4 characters for 3 bytes.
            let bits = ((members["n"] as? String)?.utf8.count ?? 0) * 6
            return bits >= smallestModulus ? .rs256 : nil
        case ("EC", "P-256"): return .es256
        case ("OKP", "Ed25519"): return .edDSA
        default: return nil
        }
    }

    /// The claims of a token that this key has signed; `nil` for any other.
    func claims(of token: String) async -> TokenClaims? { try? await verifier.verify(token, as: TokenClaims.self) }
}

/// What stands at the front of a token.
struct TokenHeader: Sendable, Hashable {
    let algorithm: String
    let keyID: String?

    /// `nil` for what is no signed token (RFC 7515): three parts, the first of which is JSON without `crit`.
    init?(_ token: String) {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }), let bytes = Self.base64URL(parts[0]),
            let members = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any],
            let algorithm = members["alg"] as? String, members["crit"] == nil
        else { return nil }
        self.algorithm = algorithm
        keyID = members["kid"] as? String
    }

    private static func base64URL(_ text: Substring.UTF8View) -> Data? {
        var letters = text.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        letters += [UInt8](repeating: UInt8(ascii: "="), count: (4 - letters.count % 4) % 4)
        return Data(base64Encoded: Data(letters))
    }
}
