package import Identity
import Journal
import NIOCore

/// Says who a caller is and whether they may do what they ask, before anything of a body is read. Both ports ask it.
package final class CallerAuthority: Sendable {
    package let access: AccessPlane
    /// Whether nobody is asked who they are.
    package let isOpen: Bool
    private let tokens: (any TokenVerifier)?
    private let failures: FailureLimiter

    /// - Parameters:
    ///   - isOpen: everybody is `local` and may do everything.
    ///   - tokens: `nil` where no OpenID provider is trusted.
    package init(
        _ access: AccessPlane, isOpen: Bool, tokens: (any TokenVerifier)? = nil,
        failures: FailureLimiter = FailureLimiter()
    ) {
        self.access = access
        self.isOpen = isOpen
        self.tokens = tokens
        self.failures = failures
    }

    /// What credentials say.
    enum Identification {
        case known(Caller)
        /// A token whose signature takes a while to check: `verify` does.
        case unverified(String)
    }

    /// Who comes with this value of `Authorization`; `nil` where there is none.
    func identify(
        _ credentials: UnsafeRawBufferPointer?, from address: SocketAddress?
    ) throws(AccessRefusal) -> Identification {
        if isOpen { return .known(.local) }
        guard let credentials else { throw .unauthenticated("this server has to know who asks") }
        if let bearer = Self.bearer(credentials) { return try identify(bearer: bearer, from: address) }
        guard let password = BasicCredentials.password(in: credentials) else {
            throw .unauthenticated(
                "the header 'Authorization' is neither 'Bearer' and a key or a token, nor 'Basic' with one as password")
        }
        return try password.withUnsafeBytes { bytes -> Result<Identification, AccessRefusal> in
            do throws(AccessRefusal) {
                return .success(try identify(bearer: bytes, from: address))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    private func identify(
        bearer: UnsafeRawBufferPointer, from address: SocketAddress?
    ) throws(AccessRefusal) -> Identification {
        if let seconds = failures.wait(for: address) { throw .guessing(retryAfterSeconds: seconds) }
        if bearer.starts(with: KeyText.prefix.utf8) { return .known(try caller(withKey: bearer, from: address)) }
        guard let tokens else {
            failures.record(address)
            throw .unauthenticated("that is not a key of this server, and it takes no tokens")
        }
        if let identity = tokens.known(bearer), identity.expiresAt > access.now.microseconds {
            return .known(access.current.caller(identity))
        }
        return .unverified(String(decoding: bearer, as: UTF8.self))
    }

    private func caller(
        withKey bearer: UnsafeRawBufferPointer, from address: SocketAddress?
    ) throws(AccessRefusal) -> Caller {
        guard let text = KeyText(bearer) else {
            failures.record(address)
            throw .unauthenticated("the key is not whole: keys have \(KeyText.length) characters")
        }
        switch access.current.caller(with: text, meters: access.meters, now: access.now) {
        case .accepted(let caller): return caller
        case .unknown:
            failures.record(address)
            throw .unauthenticated("the key is not one of this server's")
        // Its secret is right, so nobody guesses: a program that goes on with an old key locks nobody out.
        case .ended(let why): throw .unauthenticated(why)
        }
    }

    /// Checks a token, which may take a while: its provider may have to be asked for its keys.
    func verify(_ token: String, from address: SocketAddress?) async -> AccessRefusal? {
        guard let tokens else { return .unauthenticated("this server takes no tokens") }
        switch await tokens.verify(token) {
        case .success: return nil
        case .failure(let refusal):
            if refusal.isUnavailable { return .control(ControlError(.unavailable, refusal.message)) }
            if refusal.isGuess { failures.record(address) }
            return .unauthenticated(refusal.message)
        }
    }

    /// Throws `guessing` where too much that was wrong came from the address, by keys or by signatures.
    func checkGuessing(from address: SocketAddress?) throws(AccessRefusal) {
        if let seconds = failures.wait(for: address) { throw .guessing(retryAfterSeconds: seconds) }
    }

    /// Counts a signature that was wrong.
    func recordGuess(from address: SocketAddress?) { failures.record(address) }

    /// What follows `Bearer`, whose case does not matter (RFC 9110 section 11.1).
    private static func bearer(_ credentials: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let scheme: StaticString = "bearer "
        let length = scheme.utf8CodeUnitCount
        guard credentials.count > length,
            HTTPSyntax.equal(UnsafeRawBufferPointer(rebasing: credentials[..<length]), scheme)
        else { return nil }
        let rest = credentials[length...].drop { $0 == HTTPSyntax.space }
        return rest.isEmpty ? nil : UnsafeRawBufferPointer(rebasing: rest)
    }
}

/// Checks tokens of an OpenID provider.
package protocol TokenVerifier: Sendable {
    /// What was found out about a token before, at once; `nil` when it has to be verified. The caller looks at its end.
    func known(_ token: UnsafeRawBufferPointer) -> TokenIdentity?
    func verify(_ token: String) async -> Result<TokenIdentity, TokenRefusal>
}

/// Why a token is not taken. Its message never has the token in it.
package struct TokenRefusal: Error, Sendable, Hashable {
    package let message: String
    /// Whether it looks as if somebody tried to make one up.
    package let isGuess: Bool
    /// Whether the provider could not be asked: the token may be as good as any.
    package let isUnavailable: Bool

    package init(_ message: String, isGuess: Bool = false, isUnavailable: Bool = false) {
        self.message = message
        self.isGuess = isGuess
        self.isUnavailable = isUnavailable
    }
}

extension CallerAuthority {
    /// For a server that asks nobody, and has these spaces.
    package static func open(spaces: [String]) -> CallerAuthority {
        CallerAuthority(AccessPlane(.of(spaces: spaces)), isOpen: true)
    }
}

extension AccessSnapshot {
    /// Spaces without members.
    package static func of(spaces: [String]) -> AccessSnapshot {
        AccessSnapshot(generation: 0, spaces: spaces.map { SpaceAccess(name: $0) })
    }
}
