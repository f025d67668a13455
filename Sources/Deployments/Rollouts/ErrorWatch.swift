#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Whether a version that answers everybody fails more often than it may, by a test that may be looked at after every
/// request.
///
/// Somebody bets against "at most `limit` of the requests fail" and cannot expect to win if that is so: with a share λ of
/// the stake on each request, capital is multiplied by 1 + λ(1 - limit) for a failure and by 1 - λ·limit for a success.
/// The mean over a few λ is a non-negative martingale too, so that by Ville's inequality it ever reaches 1/α with a
/// probability of at most α, however often one looks (Waudby-Smith and Ramdas 2023; Shafer 2021). It depends on the two
/// counts alone.
package struct ErrorWatch: Sendable, Hashable, Codable {
    /// How often a version that keeps the limit is taken back all the same.
    package static let alpha = 0.001
    /// Parts of the largest stake that loses nothing beyond what there is, 1 / limit.
    private static let stakes = [0.02, 0.1, 0.3, 0.6, 0.9]

    package private(set) var requests: UInt64 = 0
    package private(set) var errors: UInt64 = 0

    package init() {}

    package mutating func observe(requests: UInt64, errors: UInt64) {
        self.requests = Self.sum(self.requests, requests)
        self.errors = Self.sum(self.errors, min(errors, requests))
    }

    /// - Parameter limit: the share of requests that may fail, from 0 up to 1.
    package func isBreached(limit: Double) -> Bool {
        guard limit > 0 else { return errors > 0 }
        guard limit < 1 else { return false }
        let failures = Double(errors)
        let successes = Double(requests - min(errors, requests))
        let capitals = Self.stakes.map { stake in
            let bet = stake / limit
            return failures * log1p(bet * (1 - limit)) + successes * log1p(-stake)
        }
        let largest = capitals.max() ?? 0
        let mean = largest + log(capitals.reduce(0) { $0 + exp($1 - largest) } / Double(capitals.count))
        return mean >= -log(Self.alpha)
    }

    private static func sum(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
