import Synchronization

/// What must be answered by a certain moment, in nanoseconds of `MonotonicClock`.
protocol DeadlineBound: AnyObject, Sendable {
    var deadline: UInt64 { get }
    /// Whether nobody needs to watch it any more. Who makes it so then tells the watch with `remove`.
    var isAnswered: Bool { get }
    /// The moment has passed.
    func expire()
}

/// Answers jobs whose deadline has passed, whether they wait or run. It sleeps until the first of them, on a thread that it
/// gives back when there are none.
package final class DeadlineWatch: Sendable {
    /// Nanoseconds between two looks: so much later than its deadline a job may be answered.
    private static let period: UInt64 = 10_000_000
    /// The longest sleep: so long the thread is kept with nothing to watch.
    private static let patience: UInt64 = 1_000_000_000

    private struct State {
        var jobs: [ObjectIdentifier: any DeadlineBound] = [:]
        var isWatching = false
        /// When it looks next.
        var next: UInt64 = 0

        /// Whether a sleeper has to hear of what ends at `deadline`, which is then due.
        mutating func advance(to deadline: UInt64) -> Bool {
            guard isWatching, deadline < next else { return false }
            next = deadline
            return true
        }
    }

    private let state = Mutex(State())
    private let pool: ThreadPool
    private let hold = Hold()

    package init(pool: ThreadPool) {
        self.pool = pool
    }

    func add(_ job: any DeadlineBound) {
        let soonest = MonotonicClock.nanoseconds() &+ Self.period
        let (mustStart, mustWake) = state.withLock { state in
            state.jobs[ObjectIdentifier(job)] = job
            let mustWake = state.advance(to: max(job.deadline, soonest))
            defer { state.isWatching = true }
            return (!state.isWatching, mustWake)
        }
        if mustWake { hold.release() }
        if mustStart, !pool.run({ self.watch() }) {
            // No thread for it now: the next job tries again, and a run's own end is not affected.
            state.withLock { $0.isWatching = false }
        }
        // Its end may have come before it was here.
        if job.isAnswered { remove(job) }
    }

    /// Forgets a job that is answered, and with it what was to be computed; of one that is not watched there is nothing to
    /// forget.
    func remove(_ job: any DeadlineBound) {
        // What it held is let go of outside the lock.
        _ = state.withLock { $0.jobs.removeValue(forKey: ObjectIdentifier(job)) }
    }

    /// On a thread of the pool, until there is nothing left to watch.
    private func watch() {
        while let (expired, next) = look() {
            for job in expired { job.expire() }
            hold.wait(until: next)
        }
    }

    /// Whose time is over, and when to look again; `nil` when nobody is watched.
    private func look() -> (expired: [any DeadlineBound], next: UInt64)? {
        let now = MonotonicClock.nanoseconds()
        return state.withLock { state in
            guard !state.jobs.isEmpty else {
                state.isWatching = false
                return nil
            }
            var expired: [any DeadlineBound] = []
            var first = UInt64.max
            for job in state.jobs.values {
                let deadline = job.deadline
                if deadline <= now { expired.append(job) } else { first = min(first, deadline) }
            }
            state.next = min(max(first, now &+ Self.period), now &+ Self.patience)
            return (expired, state.next)
        }
    }
}
