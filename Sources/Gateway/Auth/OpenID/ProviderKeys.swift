import Foundation
import Logging

/// The keys of a provider as they were last fetched: found by its discovery document, fetched again from time to time, and
/// when a token names one that is not among them; that at most so often, for anybody can make names up.
actor ProviderKeys {
    /// Seconds between two fetches at least.
    static let pause: UInt64 = 10
    /// Seconds after which they are fetched again.
    static let age: UInt64 = 300
    /// Bytes of a document.
    static let documentLimit = 1 << 20

    private let issuer: String
    private let documents: any ProviderDocuments
    private let now: @Sendable () -> UInt64
    private let logger: Logger
    private var keys: [ProviderKey] = []
    private var fetchedAt: UInt64?
    private var triedAt: UInt64?
    private var fetch: Task<Bool, Never>?

    /// - Parameter now: nanoseconds of a clock that never goes back.
    init(issuer: String, documents: any ProviderDocuments, now: @escaping @Sendable () -> UInt64, logger: Logger) {
        self.issuer = issuer
        self.documents = documents
        self.now = now
        self.logger = logger
    }

    /// What was found for a token's header.
    enum Finding: Sendable {
        case key(ProviderKey)
        /// There is no such key for such an algorithm.
        case none
        /// No keys are there at all, because the provider did not answer.
        case unavailable
    }

    /// The key of a token, and whether keys that were there before are gone or others now.
    func find(_ header: TokenHeader) async -> (Finding, hasRotated: Bool) {
        var hasRotated = false
        if isOld { hasRotated = await refresh() }
        if let key = known(header) { return (.key(key), hasRotated) }
        if await refresh() { hasRotated = true }
        if let key = known(header) { return (.key(key), hasRotated) }
        return (fetchedAt == nil ? .unavailable : .none, hasRotated)
    }

    /// Fetches again what is old; whether keys that were there before are gone or others now.
    func refreshOld() async -> Bool { isOld ? await refresh() : false }

    private var isOld: Bool {
        guard let fetchedAt else { return true }
        return now() &- fetchedAt > Self.age * 1_000_000_000
    }

    /// A token without a key's name may be signed by the only one there is for its algorithm.
    private func known(_ header: TokenHeader) -> ProviderKey? {
        let fitting = keys.filter { $0.algorithm.rawValue == header.algorithm }
        guard let id = header.keyID else { return fitting.count == 1 ? fitting.first : nil }
        return fitting.first { $0.id == id }
    }

    /// Once for all who ask at the same time, and not again right after.
    private func refresh() async -> Bool {
        if let fetch { return await fetch.value }
        if let triedAt, now() &- triedAt < Self.pause * 1_000_000_000 { return false }
        triedAt = now()
        let task = Task { await self.load() }
        fetch = task
        let hasRotated = await task.value
        fetch = nil
        return hasRotated
    }

    private func load() async -> Bool {
        do {
            let new = await ProviderKey.all(
                in: try await documents.document(at: try await keysURL(), limit: Self.documentLimit))
            guard !new.isEmpty else { throw ProviderFault("it publishes no key that tokens could be checked with") }
            let before = Set(keys.map(Self.mark))
            let hasRotated = !before.isSubset(of: new.map(Self.mark))
            keys = new
            fetchedAt = now()
            return hasRotated
        } catch {
            logger.warning(
                "the OpenID provider's keys could not be fetched",
                metadata: ["oidc.issuer": "\(issuer)", "error.message": "\(error)"])
            return false
        }
    }

    private static func mark(_ key: ProviderKey) -> String { "\(key.id ?? "") \(key.fingerprint)" }

    /// Source: OpenID Connect Discovery 1.0, sections 4 and 4.3: the document must say that it is this issuer's.
    private func keysURL() async throws -> String {
        var base = issuer
        if base.hasSuffix("/") { base.removeLast() }
        let bytes = try await documents.document(
            at: base + "/.well-known/openid-configuration", limit: Self.documentLimit)
        guard let document = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            document["issuer"] as? String == issuer
        else { throw ProviderFault("its discovery document is not that of this issuer") }
        guard let url = document["jwks_uri"] as? String,
            url.hasPrefix("https://") || (issuer.hasPrefix("http://") && url.hasPrefix("http://"))
        else { throw ProviderFault("its discovery document has no 'jwks_uri' that can be trusted") }
        return url
    }
}

struct ProviderFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
