import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What must be answered by a certain moment, in nanoseconds of `MonotonicClock`.
protocol DeadlineBound: AnyObject, Sendable {
    var deadline: UInt64 { get }
    /// Whether nobody needs to watch it any more.
    var isAnswered: Bool { get }
    /// The moment has passed.
    func expire()
}

/// Answers jobs whose deadline has passed, whether they wait or run. It looks every few milliseconds while there are
/// jobs, on a thread that it gives back when there are none.
package final class DeadlineWatch: Sendable {
    private static let period = 10_000_000

    private struct State {
        var jobs: [any DeadlineBound] = []
        var isWatching = false
    }

    private let state = Mutex(State())
    private let pool: ThreadPool

    package init(pool: ThreadPool) {
        self.pool = pool
    }

    func add(_ job: any DeadlineBound) {
        let mustStart = state.withLock { state in
            state.jobs.append(job)
            defer { state.isWatching = true }
            return !state.isWatching
        }
        if mustStart, !pool.run({ self.watch() }) {
            // No thread for it now: the next job tries again, and a run's own end is not affected.
            state.withLock { $0.isWatching = false }
        }
    }

    /// On a thread of the pool, until there is nothing left to watch.
    private func watch() {
        var pause = timespec(tv_sec: 0, tv_nsec: Self.period)
        while true {
            nanosleep(&pause, nil)
            let now = MonotonicClock.nanoseconds()
            let expired = state.withLock { state -> [any DeadlineBound]? in
                state.jobs.removeAll { $0.isAnswered }
                guard !state.jobs.isEmpty else {
                    state.isWatching = false
                    return nil
                }
                return state.jobs.filter { $0.deadline <= now }
            }
            guard let expired else { return }
            for job in expired { job.expire() }
        }
    }
}
