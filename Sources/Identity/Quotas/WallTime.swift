import Journal

/// The time of day by a clock that never goes back, set by the wall clock at most every tenth of a second: a prediction
/// that counts for a month has read the other clock already, and a second clock for each count is dear.
struct WallTime: Sendable {
    /// Nanoseconds.
    private static let validity: UInt64 = 100_000_000

    private var setAt: UInt64 = 0
    /// Microseconds since 1970.
    private var wall: Int?

    /// - Parameter now: nanoseconds of the clock that never goes back.
    mutating func at(_ now: UInt64, by clock: any WallClock) -> Int {
        if let wall, now >= setAt, now - setAt < Self.validity { return wall + Int((now - setAt) / 1000) }
        let read = clock.now
        setAt = now
        wall = read
        return read
    }
}
