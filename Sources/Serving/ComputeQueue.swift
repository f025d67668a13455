import Runtimes
import Synchronization

/// One loaded model's share of the thread pool: at most `width` runs at once, a bounded line behind them, and a deadline
/// for each. A model that never comes back blocks its own queue and nobody else's.
package final class ComputeQueue: Sendable {
    private struct State {
        var waiting: [ComputeJob] = []
        var next = 0
        var running = 0
    }

    private let pool: ThreadPool
    private let watch: DeadlineWatch
    private let width: Int
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - width: runs at once.
    ///   - limit: jobs that may wait; one more is refused.
    package init(pool: ThreadPool, watch: DeadlineWatch, width: Int, limit: Int) {
        self.pool = pool
        self.watch = watch
        self.width = max(1, width)
        self.limit = max(1, limit)
    }

    /// Jobs that wait, without those that run.
    package var depth: Int { state.withLock { $0.waiting.count - $0.next } }

    /// Queues `job`, or says why not; then nobody will answer it.
    func submit(_ job: ComputeJob) -> PredictionError? {
        enum Step { case start, wait, refuse }
        let step = state.withLock { state -> Step in
            if state.running < width {
                state.running += 1
                return .start
            }
            guard state.waiting.count - state.next < limit else { return .refuse }
            state.waiting.append(job)
            return .wait
        }
        switch step {
        case .start:
            if pool.run({ self.drain(from: job) }) {
                watch.add(job)
            } else {
                state.withLock { $0.running -= 1 }
                return .overloaded("the system gives no more threads")
            }
        case .wait: watch.add(job)
        case .refuse: return .overloaded("\(limit) predictions are waiting already")
        }
        return nil
    }

    /// Takes `job`, whose run has begun elsewhere, on a thread that waits for its end, or says why not. The width does not
    /// count: nothing is computed here.
    func adopt(_ job: ComputeJob) -> PredictionError? {
        guard pool.run({ job.run() }) else { return .overloaded("the system gives no more threads") }
        watch.add(job)
        return nil
    }

    /// Runs `job` and whatever waits behind it on this thread.
    private func drain(from job: ComputeJob) {
        var current = job
        while true {
            current.run()
            let following = state.withLock { state -> ComputeJob? in
                guard state.next < state.waiting.count else {
                    state.running -= 1
                    return nil
                }
                let job = state.waiting[state.next]
                state.next += 1
                if state.next == state.waiting.count {
                    state.waiting.removeAll(keepingCapacity: true)
                    state.next = 0
                } else if state.next > 1024 {
                    state.waiting.removeFirst(state.next)
                    state.next = 0
                }
                return job
            }
            guard let following else { return }
            current = following
        }
    }
}
