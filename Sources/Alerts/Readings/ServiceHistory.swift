import Serving

/// What was counted of one endpoint in some stretch of time.
package struct ServiceCounts: Sendable, Hashable {
    /// Predictions, answered or not.
    package var requests: UInt64
    /// Those that were not answered, and not by the caller's doing.
    package var errors: UInt64
    /// Predictions that were written to the ledger, and those that should have been.
    package var recorded: UInt64
    package var dropped: UInt64
    /// Durations of the answered ones by `LatencyHistogram.bounds`, one more for what is above; empty for none.
    package var latency: [UInt64]

    package init(
        requests: UInt64 = 0, errors: UInt64 = 0, recorded: UInt64 = 0, dropped: UInt64 = 0, latency: [UInt64] = []
    ) {
        self.requests = requests
        self.errors = errors
        self.recorded = recorded
        self.dropped = dropped
        self.latency = latency
    }

    /// - Parameter withLatency: durations are most of what there is to add up, and few ask for them.
    mutating func add(_ other: ServiceCounts, withLatency: Bool = true) {
        requests &+= other.requests
        errors &+= other.errors
        recorded &+= other.recorded
        dropped &+= other.dropped
        guard withLatency, !other.latency.isEmpty else { return }
        if latency.isEmpty { latency = Array(repeating: 0, count: LatencyHistogram.size) }
        for index in latency.indices where index < other.latency.count { latency[index] &+= other.latency[index] }
    }

    /// Nanoseconds below which all but a hundredth of the answers were made: an upper bound, at most 28% above it.
    var p99: UInt64? { latency.isEmpty ? nil : LatencyHistogram.quantile(0.99, of: latency) }

    /// How many durations there are.
    var answers: UInt64 { latency.reduce(0, &+) }
}

/// The last hour of an endpoint in slots of ten seconds, and the last day in hours; by a clock that only ever grows, so that
/// nobody who sets the time of day makes an alarm or hides one.
package struct ServiceHistory: Sendable {
    /// Seconds of a slot.
    package static let slotSeconds = 10
    /// Seconds that can be asked for.
    package static let longest = 3600
    private static let slotCount = longest / slotSeconds + 1
    private static let hourCount = 25

    private struct Slot: Sendable {
        /// Since the clock began; -1 where nothing was ever written.
        var index = -1
        var counts = ServiceCounts()

        mutating func add(_ counts: ServiceCounts, at index: Int) {
            if self.index != index {
                guard index > self.index else { return }
                self = Slot(index: index)
            }
            self.counts.add(counts)
        }
    }

    /// The second at which it was first looked at; what is seeded may be older.
    package let begun: Int
    private var slots = [Slot](repeating: Slot(), count: slotCount)
    private var hours = [Slot](repeating: Slot(), count: hourCount)

    /// - Parameter begun: seconds of the monotonic clock.
    package init(begun: Int) {
        self.begun = begun
    }

    /// - Parameter second: of the monotonic clock.
    package mutating func add(_ counts: ServiceCounts, at second: Int) {
        guard second >= 0 else { return }
        let slot = second / Self.slotSeconds
        slots[slot % Self.slotCount].add(counts, at: slot)
        let hour = second / 3600
        hours[hour % Self.hourCount].add(counts, at: hour)
    }

    /// What was counted before the server started, so that a restart does not forget what is usual. To be called before
    /// anything later is added, oldest first.
    package mutating func seed(_ counts: ServiceCounts, at second: Int, intoHours: Bool) {
        // A clock that began a minute ago has no hour before it.
        guard second >= 0, second <= begun else { return }
        if intoHours {
            let hour = second / 3600
            hours[hour % Self.hourCount].add(counts, at: hour)
        } else {
            let slot = second / Self.slotSeconds
            slots[slot % Self.slotCount].add(counts, at: slot)
        }
    }

    /// What was counted in the `seconds` before `now` but for the last `skipping` of them, in whole slots.
    package func total(
        last seconds: Int, before now: Int, skipping: Int = 0, withLatency: Bool = false
    ) -> ServiceCounts {
        let last = (now - skipping) / Self.slotSeconds
        let first = (now - seconds) / Self.slotSeconds
        var total = ServiceCounts()
        for slot in slots where slot.index > first && slot.index <= last {
            total.add(slot.counts, withLatency: withLatency)
        }
        return total
    }

    /// The last day but for its last hour or two, durations included: what is usual.
    func usual(before now: Int) -> ServiceCounts {
        let hour = now / 3600
        var total = ServiceCounts()
        for slot in hours where slot.index >= hour - 24 && slot.index < hour { total.add(slot.counts) }
        return total
    }
}
