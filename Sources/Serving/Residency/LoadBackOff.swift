/// When a model that failed to load may be tried again: after a second, then after twice the time before, up to a minute.
struct LoadBackOff: Sendable, Hashable {
    /// Nanoseconds.
    static let first: UInt64 = 1_000_000_000
    static let longest: UInt64 = 60_000_000_000

    private var pause: UInt64 = 0
    private var until: UInt64 = 0

    func mayTry(at now: UInt64) -> Bool { now >= until }

    /// - Parameter now: nanoseconds of `MonotonicClock`.
    mutating func failed(at now: UInt64) {
        pause = pause == 0 ? Self.first : min(pause &* 2, Self.longest)
        let (sum, overflow) = now.addingReportingOverflow(pause)
        until = overflow ? .max : sum
    }
}
