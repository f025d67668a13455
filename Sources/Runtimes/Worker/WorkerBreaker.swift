/// Decides when a worker that died is started again: at once, until it has died several times in a row; then after a time
/// that doubles with each further death (the breaker is open). It decides only; times are nanoseconds of any one clock.
struct WorkerBreaker: Sendable {
    struct Policy: Sendable {
        /// Deaths in a row after which it is still started at once.
        var forgiven = 3
        /// The first time that it is kept back, and the longest.
        var firstDelay: UInt64 = 1_000_000_000
        var longestDelay: UInt64 = 60_000_000_000
        /// A worker that lived as long as this was well: what it died of begins a new row.
        var steady: UInt64 = 60_000_000_000
    }

    enum State: Sendable, Hashable {
        /// A worker runs, or is being started.
        case closed
        /// None is started before `until`.
        case open(until: UInt64)
        /// One was started after it had been kept back: its death opens the breaker again, for longer.
        case halfOpen
    }

    private let policy: Policy
    private(set) var state = State.closed
    /// Deaths in a row.
    private(set) var deaths = 0
    private var startedAt: UInt64?

    init(policy: Policy = Policy()) {
        self.policy = policy
    }

    /// A worker is there and has loaded its model.
    mutating func started(at now: UInt64) {
        startedAt = now
    }

    /// It died, or could not be started. Returns when to start the next one: `now` or later.
    mutating func died(at now: UInt64) -> UInt64 {
        if let startedAt, now >= startedAt, now - startedAt >= policy.steady { deaths = 0 }
        startedAt = nil
        deaths += 1
        guard deaths > policy.forgiven else {
            state = .closed
            return now
        }
        let doublings = min(deaths - policy.forgiven - 1, 32)
        let (doubled, overflow) = policy.firstDelay.multipliedReportingOverflow(by: 1 << UInt64(doublings))
        let delay = overflow ? policy.longestDelay : min(doubled, policy.longestDelay)
        let (until, tooLate) = now.addingReportingOverflow(delay)
        state = .open(until: tooLate ? .max : until)
        return tooLate ? .max : until
    }

    /// The time for which it was kept back is over.
    mutating func triesAgain() {
        if case .open = state { state = .halfOpen }
    }
}
