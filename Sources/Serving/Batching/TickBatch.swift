import NIOCore
import Synchronization

/// Predictions of one short model that came in the same turn of an event loop. They run as one batch when the loop has read
/// all sockets that were ready: nobody waits for anything that was not there already.
final class TickBatch: Sendable {
    /// A batch may hold its loop as long as a few short runs.
    private static let longestRun = 4 * LoadedModel.inlineNanoseconds

    private struct State {
        var pattern = ArrivalPattern()
        var jobs: [ComputeJob] = []
    }

    private let maxRows: Int
    private let queue: ComputeQueue
    private let boundsLoops: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - queue: the endpoint's, for the batch that may not run on the loop.
    ///   - boundsLoops: whether a run on the loop takes the place of one of the queue's instances.
    init(maxRows: Int, queue: ComputeQueue, boundsLoops: Bool) {
        self.maxRows = maxRows
        self.queue = queue
        self.boundsLoops = boundsLoops
    }

    /// Whether a request that comes now should wait for the end of the turn.
    func gathers() -> Bool { state.withLock { $0.pattern.gathers() } }

    /// A request ran at once on `eventLoop`, on which this is called.
    func ranAlone(eventLoop: any EventLoop) {
        let isFirst = state.withLock { $0.pattern.ranAlone() }
        // What is to be executed comes after the sockets of this turn.
        if isFirst { eventLoop.execute { self.state.withLock { $0.pattern.turnEnded() } } }
    }

    /// Takes `job` into the batch of this turn of `eventLoop`, on which this is called.
    func add(_ job: ComputeJob, eventLoop: any EventLoop) {
        let isFirst = state.withLock { state in
            state.jobs.append(job)
            return state.jobs.count == 1
        }
        if isFirst { eventLoop.execute { self.run() } }
    }

    private func run() {
        let jobs = state.withLock { state in
            defer { state.jobs = [] }
            state.pattern.gathered(state.jobs.count)
            return state.jobs
        }
        guard !boundsLoops || queue.borrow() else { return leaveToQueue(jobs) }
        for batch in Self.batches(of: jobs, maxRows: maxRows) { ComputeRun.attempt(batch, queue) }
        if boundsLoops { queue.giveBack() }
    }

    private func leaveToQueue(_ jobs: [ComputeJob]) {
        for job in jobs {
            if let refusal = queue.submit(job) { job.finish(.failure(refusal)) }
        }
    }

    /// In the order they came, each with those of its group that fit.
    private static func batches(of jobs: [ComputeJob], maxRows: Int) -> [[ComputeJob]] {
        var batches: [[ComputeJob]] = []
        var open: [(group: BatchGroup, index: Int, rows: Int, bytes: Int)] = []
        for job in jobs {
            guard let share = job.share else {
                batches.append([job])
                continue
            }
            let bytes = job.byteCount
            let known = open.firstIndex { $0.group == share.group }
            if let known, open[known].rows + share.rows <= maxRows,
                job.model.expected(bytes: open[known].bytes + bytes) ?? .max <= longestRun
            {
                batches[open[known].index].append(job)
                open[known].rows += share.rows
                open[known].bytes += bytes
                continue
            }
            let fresh = (share.group, batches.count, share.rows, bytes)
            if let known { open[known] = fresh } else { open.append(fresh) }
            batches.append([job])
        }
        return batches
    }
}

/// Whether requests of one event loop come one at a time or many at once. With one caller each waits for its answer before
/// it asks again, and gathering would only cost; with many a turn brings several.
struct ArrivalPattern: Sendable {
    /// Turns with one request each, after which requests run at once again.
    static let patience = 16

    private var hasRunThisTurn = false
    private var turnsLeft = 0

    /// Whether a request that comes now should wait for the end of the turn: others came in it, or in those before it.
    mutating func gathers() -> Bool {
        if turnsLeft == 0, hasRunThisTurn { turnsLeft = Self.patience }
        return turnsLeft > 0
    }

    /// A request ran at once. True for the first of its turn, whose end somebody has to tell.
    mutating func ranAlone() -> Bool {
        defer { hasRunThisTurn = true }
        return !hasRunThisTurn
    }

    mutating func turnEnded() { hasRunThisTurn = false }

    mutating func gathered(_ count: Int) { turnsLeft = count > 1 ? Self.patience : max(0, turnsLeft - 1) }
}
