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
    func gathers(now: UInt64) -> Bool { state.withLock { $0.pattern.gathers(now: now) } }

    /// A request ran at once, and has just ended.
    func ranAlone(end: UInt64) { state.withLock { $0.pattern.ranAlone(end: end) } }

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
///
/// Two requests belong to one turn when the second comes within `sameTurn` of the first one's end: a loop takes longer to
/// send an answer and wait for its sockets.
struct ArrivalPattern: Sendable {
    static let sameTurn: UInt64 = 10_000
    /// Turns with one request each, after which requests run at once again.
    static let patience = 16

    private var lastEnd: UInt64?
    private var turnsLeft = 0

    mutating func gathers(now: UInt64) -> Bool {
        if turnsLeft > 0 { return true }
        guard let lastEnd, now &- lastEnd < Self.sameTurn else { return false }
        turnsLeft = Self.patience
        return true
    }

    mutating func ranAlone(end: UInt64) { lastEnd = end }

    mutating func gathered(_ count: Int) {
        lastEnd = nil
        turnsLeft = count > 1 ? Self.patience : turnsLeft - 1
    }
}
