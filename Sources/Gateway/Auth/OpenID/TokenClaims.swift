import Foundation
import Identity
import JWTKit
import Journal

/// What a token claims, once its signature was found to be right.
struct TokenClaims: JWTPayload {
    /// The values that claims have which are looked at here.
    enum Value: Sendable, Hashable {
        case text(String)
        case number(Double)
        case texts([String])
        case other
    }

    private(set) var values: [String: Value] = [:]

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        for name in container.allKeys {
            if let text = try? container.decode(String.self, forKey: name) {
                values[name.stringValue] = .text(text)
            } else if let number = try? container.decode(Double.self, forKey: name) {
                values[name.stringValue] = .number(number)
            } else if let texts = try? container.decode([String].self, forKey: name) {
                values[name.stringValue] = .texts(texts)
            } else {
                values[name.stringValue] = .other
            }
        }
    }

    /// Nobody writes tokens here; the protocol asks for it.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        for (name, value) in values {
            let name = Name(stringValue: name)
            switch value {
            case .text(let text): try container.encode(text, forKey: name)
            case .number(let number): try container.encode(number, forKey: name)
            case .texts(let texts): try container.encode(texts, forKey: name)
            case .other: try container.encodeNil(forKey: name)
            }
        }
    }

    /// Claims are checked by `identity`, which knows what is expected.
    func verify(using algorithm: some JWTAlgorithm) async throws {}

    /// Who the bearer is. Refuses what is from somebody else, for somebody else, over, or not begun.
    func identity(_ settings: OpenIDSettings, now: Timestamp) throws(TokenRefusal) -> TokenIdentity {
        guard values["iss"] == .text(settings.issuer) else {
            throw TokenRefusal("the token is not from the issuer that this server trusts")
        }
        guard texts("aud").contains(settings.audience) else {
            throw TokenRefusal("the token is meant for another audience than this server")
        }
        let seconds = Double(now.microseconds) / 1e6
        let leeway = Double(settings.leewaySeconds)
        guard let end = number("exp") else { throw TokenRefusal("the token does not say when it expires") }
        guard seconds < end + leeway else { throw TokenRefusal("the token has expired") }
        if values["nbf"] != nil {
            guard let begin = number("nbf"), seconds >= begin - leeway else {
                throw TokenRefusal("the token is not valid yet")
            }
        }
        guard case .text(let subject)? = values[settings.principalClaim],
            Principal.isValid(Principal.oidcPrefix + subject), !subject.isEmpty
        else {
            throw TokenRefusal("the token's claim '\(settings.principalClaim)' does not name anybody")
        }
        return identity(subject, settings, expiresAt: end + leeway)
    }

    private func identity(_ subject: String, _ settings: OpenIDSettings, expiresAt: Double) -> TokenIdentity {
        let groups = texts(settings.groupsClaim).filter { !$0.isEmpty }
        // A number of any size may stand in a token; the farthest that we can name is far enough.
        let microseconds = min(max(0, expiresAt), 9_000_000_000) * 1e6
        var identity = TokenIdentity(
            principal: Principal.oidcPrefix + subject, groups: groups, expiresAt: Int(microseconds))
        for grant in groups.compactMap({ settings.groups[$0] }) {
            identity.isAdmin = identity.isAdmin || grant.isAdmin
            identity.everywhere.formUnion(grant.everywhere)
            identity.grants.merge(grant.spaces) { $0.union($1) }
        }
        return identity
    }

    private func number(_ claim: String) -> Double? {
        guard case .number(let number)? = values[claim], number.isFinite else { return nil }
        return number
    }

    /// A claim that is one text or a list of them.
    private func texts(_ claim: String) -> [String] {
        switch values[claim] {
        case .text(let text): [text]
        case .texts(let texts): texts
        default: []
        }
    }
}
