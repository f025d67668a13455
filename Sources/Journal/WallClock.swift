import Foundation

/// The time of day, for records that people read later; never for measuring.
package protocol WallClock: Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    var now: Int { get }
}

/// The machine's own time of day.
package struct SystemClock: WallClock {
    package init() {}

    package var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int(time.tv_sec) * 1_000_000 + Int(time.tv_nsec) / 1000
    }
}
