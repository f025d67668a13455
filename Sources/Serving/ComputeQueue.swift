import Runtimes
import Synchronization

/// One endpoint's share of the thread pool: as many runs at once as it has instances, a bounded line before them, and a
/// deadline for each prediction. A model that never comes back blocks its own queue and nobody else's.
///
/// The thin shell around `BatchPolicy`, which decides who runs when, and with whom.
final class ComputeQueue: Sendable {
    private let pool: ThreadPool
    private let limit: Int
    private let policy: Mutex<BatchPolicy<ComputeJob>>
    /// As the policy said last.
    private let full = Atomic(false)
    private let hold = Hold()

    init(pool: ThreadPool, rules: BatchPolicy<ComputeJob>.Rules) {
        self.pool = pool
        self.limit = rules.queueLimit
        self.policy = Mutex(BatchPolicy(rules))
    }

    /// Predictions that wait, without those that run.
    var depth: Int { policy.withLock { $0.depth } }

    /// Whether whoever came now would be refused.
    var isFull: Bool { full.load(ordering: .relaxed) }

    var refusal: PredictionError { .overloaded(waiting: limit) }

    /// Queues `job`, or says why not; then nobody will answer it.
    func submit(_ job: ComputeJob) -> PredictionError? {
        switch tell(.arrived(job, job.share)) {
        case .refuse: return refusal
        case .start: if !startInstance(for: job) { return Self.noThreads }
        case .release: hold.release()
        case .none, .refuseAll, .run, .hold, .rest: break
        }
        job.beWatched()
        return nil
    }

    /// `job` was answered while it waited: its place is free.
    func leave(_ job: ComputeJob) {
        _ = tell(.left(job))
    }

    /// Takes the place of an instance for a run on the calling thread; false when none is free.
    func borrow() -> Bool {
        if case .refuse = tell(.borrowed) { false } else { true }
    }

    /// After a `borrow` that succeeded.
    func giveBack() {
        if case .start = tell(.returned) { _ = startInstance(for: nil) }
    }

    /// Has a thread wait for the end of `run`, which an event loop has begun. That takes no instance: nothing is computed
    /// here.
    func adopt(_ run: ComputeRun, _ rest: any UnfinishedRun) {
        for job in run.jobs { job.beWatched() }
        guard !pool.run({ run.finish(rest) }) else { return }
        for job in run.jobs { job.finish(.failure(Self.noThreads)) }
    }

    static let noThreads = PredictionError.overloaded("the system gives no more threads")

    private func tell(_ event: BatchPolicy<ComputeJob>.Event) -> BatchPolicy<ComputeJob>.Action {
        let now = MonotonicClock.nanoseconds()
        return policy.withLock { policy in
            let action = policy.handle(event, now: now)
            if policy.isFull != isFull { full.store(policy.isFull, ordering: .relaxed) }
            return action
        }
    }

    /// False when `job` will not be run by anybody.
    private func startInstance(for job: ComputeJob?) -> Bool {
        if pool.run({ self.work() }) { return true }
        guard case .refuseAll(let jobs) = tell(.notStarted) else { return true }
        for other in jobs where other !== job { other.finish(.failure(Self.noThreads)) }
        return job == nil
    }

    /// One instance, on a thread of the pool: runs what the policy gives it until there is nothing left.
    private func work() {
        var action = tell(.started)
        while true {
            switch action {
            case .run(let jobs, let startsAnother):
                if startsAnother { _ = startInstance(for: nil) }
                let start = MonotonicClock.nanoseconds()
                ComputeRun.perform(jobs)
                action = tell(.ended(MonotonicClock.nanoseconds() &- start))
            case .hold(let until):
                hold.wait(until: until)
                action = tell(.resumed)
            case .none, .refuse, .refuseAll, .start, .release, .rest: return
            }
        }
    }
}
