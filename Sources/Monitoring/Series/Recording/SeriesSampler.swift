import Journal
import Serving

/// Says what was counted since the last look, which second that was, and what is too old: all by the clock, which may jump.
///
/// A second is named by the time of day at its end, and never twice counted, since only what came since the last look is:
/// after a jump forward there is a gap, and after one back a second is named twice and means both. What is too old is
/// told by the time that has really passed, so that a clock that jumps ahead makes nothing old.
struct SeriesSampler {
    /// An endpoint.
    struct Place: Sendable, Hashable {
        var space: String
        var endpoint: String
    }

    /// What one look has found.
    struct Look {
        /// When the second began, in seconds since 1970.
        var time: Int
        /// By endpoint, of those that have counted something.
        var seconds: [Place: [SeriesArm: SeriesCounts]]
        /// The endpoints that are deployed.
        var present: Set<Place>
        /// What is older than is kept at this time goes. Seconds since 1970.
        var retentionTime: Int
    }

    /// Looks between two at what is too old.
    private static let retainEvery = 60

    private let clock: any WallClock
    private let monotonic: @Sendable () -> UInt64
    private var baselines = SeriesBaselines()
    private var looks = 0
    /// By the clock that only ever grows, in nanoseconds.
    private let begun: UInt64
    private var nextLook: UInt64
    /// Microseconds since 1970 when the sampler began.
    private let begunAt: Int

    init(clock: any WallClock, monotonic: @escaping @Sendable () -> UInt64 = MonotonicClock.nanoseconds) {
        self.clock = clock
        self.monotonic = monotonic
        begun = monotonic()
        begunAt = clock.now
        nextLook = begun
        nextLook = begun &+ untilSecondEnds
    }

    /// Nanoseconds until the second of the clock is over.
    private var untilSecondEnds: UInt64 {
        let micros = clock.now % 1_000_000
        return UInt64(1_000_000 - max(0, micros)) &* 1000
    }

    func isDue() -> Bool { monotonic() >= nextLook }

    /// Nanoseconds until the next look.
    var pause: Int {
        let now = monotonic()
        return nextLook > now ? Int(clamping: nextLook &- now) : 0
    }

    mutating func look(at versions: [SampledVersion]) -> Look {
        let now = clock.now
        looks &+= 1
        nextLook = monotonic() &+ untilSecondEnds
        var seconds: [Place: [SeriesArm: SeriesCounts]] = [:]
        for (version, counts) in baselines.changes(in: versions) {
            let place = Place(space: version.space, endpoint: version.endpoint)
            seconds[place, default: [:]][version.arm, default: SeriesCounts()].add(counts)
        }
        // A look comes right after the second that it is about; one that is late is about the one it comes in.
        let time = (now - 500_000) / 1_000_000
        let steady = begunAt + Int(clamping: (monotonic() &- begun) / 1000)
        return Look(
            time: time, seconds: seconds,
            present: Set(versions.map { Place(space: $0.space, endpoint: $0.endpoint) }),
            retentionTime: min(now, steady) / 1_000_000)
    }

    /// Whether it is this endpoint's turn: all have theirs once a minute, each at another second.
    func mustRetain(_ place: Place) -> Bool {
        let turn = (place.space + "/" + place.endpoint).utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xffff }
        return (looks &+ turn) % Self.retainEvery == 0
    }
}

/// What all versions of an endpoint together have counted in one second.
package struct SeriesSecond: Sendable {
    package var space: String
    package var endpoint: String
    package var counts: SeriesCounts

    init(_ place: SeriesSampler.Place, _ arms: [SeriesArm: SeriesCounts]) {
        space = place.space
        endpoint = place.endpoint
        counts = arms.values.reduce(into: SeriesCounts()) { $0.add($1) }
    }
}
