/// So many of something each second, as a single number: the moment at which the bucket is full again. It holds what one
/// second brings.
///
/// Source: the generic cell rate algorithm, ITU-T I.371, annex A.
struct TokenBucket: Sendable {
    private static let second: UInt64 = 1_000_000_000
    /// What one request may leave for later ones to wait for, at most: an hour.
    private static let longestDebt = 3600 * second

    let perSecond: Int
    /// Nanoseconds that bring one.
    private let interval: UInt64
    private var fullAt: UInt64 = 0

    init(perSecond: Int) {
        self.perSecond = max(1, perSecond)
        self.interval = max(1, Self.second / UInt64(self.perSecond))
    }

    /// Nanoseconds until there is one to take; 0 when there is.
    func wait(at now: UInt64) -> UInt64 {
        let needed = missing(at: now) + interval
        return needed > Self.second ? needed - Self.second : 0
    }

    /// Takes some; when there are not as many, those that come later wait for them.
    mutating func take(_ count: Int, at now: UInt64) {
        let (cost, overflow) = interval.multipliedReportingOverflow(by: UInt64(max(0, count)))
        let debt = min(missing(at: now).addingReportingOverflow(cost).partialValue, Self.longestDebt)
        fullAt = now + (overflow || cost > Self.longestDebt ? Self.longestDebt : debt)
    }

    func remaining(at now: UInt64) -> Int {
        let missing = missing(at: now)
        return missing >= Self.second ? 0 : Int((Self.second - missing) / interval)
    }

    /// Nanoseconds until it is full.
    func missing(at now: UInt64) -> UInt64 { fullAt > now ? fullAt - now : 0 }
}
