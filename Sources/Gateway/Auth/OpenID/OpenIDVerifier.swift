import Crypto
package import Identity
package import Journal
package import Logging
import Serving
import Synchronization

/// Checks the tokens of one OpenID provider. What was found out about a token is kept until the token expires or the
/// provider takes a key back.
package final class OpenIDVerifier: TokenVerifier {
    /// Bytes of a token that are looked at.
    private static let longestToken = 16 << 10
    /// Tokens that are remembered.
    private static let capacity = 16_384

    private let settings: OpenIDSettings
    private let keys: ProviderKeys
    private let clock: any WallClock
    private let rotated: @Sendable () -> Void
    private let verdicts = Mutex<[SHA256Digest: TokenIdentity]>([:])

    /// - Parameters:
    ///   - now: nanoseconds of a clock that never goes back.
    ///   - rotated: called when what was said of tokens before may no longer be so.
    package init(
        _ settings: OpenIDSettings, documents: any ProviderDocuments, clock: any WallClock = SystemClock(),
        now: @escaping @Sendable () -> UInt64 = MonotonicClock.nanoseconds, logger: Logger,
        rotated: @escaping @Sendable () -> Void
    ) {
        self.settings = settings
        self.keys = ProviderKeys(issuer: settings.issuer, documents: documents, now: now, logger: logger)
        self.clock = clock
        self.rotated = rotated
    }

    package func known(_ token: UnsafeRawBufferPointer) -> TokenIdentity? {
        guard token.count <= Self.longestToken else { return nil }
        let digest = SHA256.hash(data: token)
        return verdicts.withLock { $0[digest] }
    }

    package func verify(_ token: String) async -> Result<TokenIdentity, TokenRefusal> {
        do throws(TokenRefusal) {
            let identity = try await identity(of: token)
            remember(identity, SHA256.hash(data: Array(token.utf8)))
            return .success(identity)
        } catch {
            return .failure(error)
        }
    }

    /// Fetches the provider's keys again when they are old, so that a key that was taken back is not trusted for as long
    /// as tokens live. To be called from time to time.
    package func refresh() async { if await keys.refreshOld() { forget() } }

    private func identity(of token: String) async throws(TokenRefusal) -> TokenIdentity {
        guard token.utf8.count <= Self.longestToken, let header = TokenHeader(token) else {
            throw TokenRefusal("that is neither a key of this server nor a token", isGuess: true)
        }
        guard ProviderKey.Algorithm(rawValue: header.algorithm) != nil else {
            let names = ProviderKey.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw TokenRefusal("the token is not signed by one of \(names)", isGuess: true)
        }
        let (finding, hasRotated) = await keys.find(header)
        if hasRotated { forget() }
        switch finding {
        case .unavailable:
            throw TokenRefusal("the OpenID provider cannot be asked for its keys just now", isUnavailable: true)
        case .none: throw TokenRefusal("the token is signed with a key that its issuer does not publish", isGuess: true)
        case .key(let key):
            guard let claims = await key.claims(of: token) else {
                throw TokenRefusal("the token's signature is not right", isGuess: true)
            }
            return try claims.identity(settings, now: Timestamp(microseconds: clock.now))
        }
    }

    private func remember(_ identity: TokenIdentity, _ digest: SHA256Digest) {
        let now = clock.now
        verdicts.withLock { verdicts in
            if verdicts.count >= Self.capacity {
                verdicts = verdicts.filter { $0.value.expiresAt > now }
                if verdicts.count >= Self.capacity { verdicts.removeAll() }
            }
            verdicts[digest] = identity
        }
    }

    private func forget() {
        verdicts.withLock { $0.removeAll() }
        rotated()
    }
}
