import Crypto
import CryptoExtras
import Foundation
import Synchronization

@testable import Gateway

/// An OpenID provider in memory: its keys, its documents, and tokens as good or bad as a test wants them.
final class TokenMint: ProviderDocuments, Sendable {
    static let issuer = "https://id.example.com/realm"

    struct State {
        var keys: [[String: String]] = []
        var fetches: [String] = []
        var isDown = false
        var discovery: [String: String] = ["issuer": issuer, "jwks_uri": issuer + "/keys"]
    }

    let state = Mutex(State())
    let ec = P256.Signing.PrivateKey()
    let ed = Curve25519.Signing.PrivateKey()
    let rsa: _RSA.Signing.PrivateKey
    private let modulus: Data
    private let exponent: Data

    init() throws {
        rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let primitives = try rsa.publicKey.getKeyPrimitives()
        modulus = primitives.modulus
        exponent = primitives.publicExponent
        state.withLock { $0.keys = [rsaKey("rsa-1"), Self.ecKey("ec-1", ec), edKey("ed-1")] }
    }

    // MARK: documents

    func rsaKey(_ id: String) -> [String: String] {
        ["kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": Self.text(modulus), "e": Self.text(exponent)]
    }

    static func ecKey(_ id: String, _ key: P256.Signing.PrivateKey) -> [String: String] {
        let point = key.publicKey.rawRepresentation
        return ["kty": "EC", "crv": "P-256", "kid": id, "x": text(point.prefix(32)), "y": text(point.suffix(32))]
    }

    func edKey(_ id: String) -> [String: String] {
        ["kty": "OKP", "crv": "Ed25519", "kid": id, "x": Self.text(ed.publicKey.rawRepresentation)]
    }

    struct Down: Error {}

    func document(at url: String, limit: Int) async throws -> [UInt8] {
        let (isDown, keys, discovery) = state.withLock { state in
            state.fetches.append(url)
            return (state.isDown, state.keys, state.discovery)
        }
        if isDown { throw Down() }
        if url == Self.issuer + "/.well-known/openid-configuration" {
            return Array(try JSONSerialization.data(withJSONObject: discovery))
        }
        guard url == Self.issuer + "/keys" else { throw Down() }
        return Array(try JSONSerialization.data(withJSONObject: ["keys": keys]))
    }

    // MARK: tokens

    static func text(_ data: some DataProtocol) -> String {
        Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func part(_ members: [String: Any]) -> String {
        text((try? JSONSerialization.data(withJSONObject: members, options: .sortedKeys)) ?? Data())
    }

    /// What a good token claims at `now` seconds since 1970.
    static func claims(_ now: Int, _ changes: [String: Any?] = [:]) -> [String: Any] {
        var claims: [String: Any] = [
            "iss": issuer, "aud": "slipway", "sub": "17", "exp": now + 600, "nbf": now - 10, "iat": now - 10,
            "groups": ["ml-ops", "staff"],
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    func es256(_ claims: [String: Any], header: [String: Any] = ["alg": "ES256", "kid": "ec-1"]) throws -> String {
        let message = Self.part(header) + "." + Self.part(claims)
        return message + "." + Self.text(try ec.signature(for: Data(message.utf8)).rawRepresentation)
    }

    func rs256(_ claims: [String: Any], header: [String: Any] = ["alg": "RS256", "kid": "rsa-1"]) throws -> String {
        let message = Self.part(header) + "." + Self.part(claims)
        let signature = try rsa.signature(for: Data(message.utf8), padding: .insecurePKCS1v1_5)
        return message + "." + Self.text(signature.rawRepresentation)
    }

    func edDSA(_ claims: [String: Any]) throws -> String {
        let message = Self.part(["alg": "EdDSA", "kid": "ed-1"]) + "." + Self.part(claims)
        return message + "." + Self.text(try ed.signature(for: Data(message.utf8)))
    }

    /// Signed with HMAC, as if what everybody may know of the RSA key were a secret.
    func hs256(_ claims: [String: Any], secret: [UInt8], kid: String = "rsa-1") -> String {
        let message = Self.part(["alg": "HS256", "kid": kid]) + "." + Self.part(claims)
        let code = HMAC<SHA256>.authenticationCode(for: Data(message.utf8), using: SymmetricKey(data: secret))
        return message + "." + Self.text(Data(code))
    }

    var publicPEM: [UInt8] { Array(rsa.publicKey.pemRepresentation.utf8) }
    var publicModulus: [UInt8] { Array(modulus) }
}
