import InferenceProtocol
import Runtimes
import Synchronization
import Tensors

/// Gives a share of the primary's requests to a candidate as well, and compares the answers.
///
/// It never keeps the primary waiting: what does not fit into the queue is dropped and counted, and the candidate runs on
/// a thread that gets the processor only when nobody else wants it. The primary's answer does not depend on it.
final class ShadowMirror: Sendable {
    private struct Line: ~Copyable {
        var waiting = MirroredRequests()
        /// Whether a thread takes from it.
        var isServed = false
    }

    /// Bytes of tensors that may wait, whatever the queue limit says.
    private static let mostBytes = 64 << 20
    /// How often a thread looks for more, in nanoseconds: to wake one would cost the primary more than this costs all.
    private static let look = 2_000_000
    /// Looks without finding anything after which the thread goes.
    private static let patience = 1000

    /// The first requests, and of those that come behind them one in so many, tell how long both took: to ask what a run
    /// cost takes as long as a small run.
    private static let (timedFirst, timedEvery) = (1000, 8)

    let plan: ShadowPlan
    let candidate: Endpoint
    let tally: ShadowTally
    private let threads: ThreadPool
    private let comparison: ShadowComparison
    private let record: MirroredRecord
    private let random = RandomBits()
    private let line = Mutex(Line())

    init(_ plan: ShadowPlan, candidate: Endpoint, tally: ShadowTally, threads: ThreadPool) {
        self.plan = plan
        self.candidate = candidate
        self.tally = tally
        self.threads = threads
        comparison = ShadowComparison(plan, candidate.signature)
        record = MirroredRecord(candidate.signature)
    }

    /// Takes note of what the primary answered, and perhaps has the candidate answer it too.
    func offer(_ request: InferenceRequest, _ answer: PredictionResult, _ prediction: PredictionID) {
        guard random.next().multipliedFullWidth(by: UInt64(TrafficPlan.whole)).high < UInt64(max(0, plan.share)) else {
            return
        }
        var mirrored = MirroredRequest(request, answer, prediction)
        let isRecord = record.takes(mirrored)
        if !isRecord {
            // No copy of a large one for nothing.
            guard line.withLock({ hasRoom($0) }) else { return tally.offered(isTaken: false) }
            mirrored.keep()
        }
        let (isTaken, mustStart) = line.withLock { line in
            guard hasRoom(line) else { return (false, false) }
            if isRecord {
                line.waiting.append(mirrored, as: record)
            } else {
                line.waiting.append(mirrored)
            }
            defer { line.isServed = true }
            return (true, !line.isServed)
        }
        tally.offered(isTaken: isTaken)
        if mustStart, !threads.run({ self.work() }) { line.withLock { $0.isServed = false } }
    }

    private func hasRoom(_ line: borrowing Line) -> Bool {
        line.waiting.count < plan.queueLimit && line.waiting.bytes < Self.mostBytes
    }

    private func work() {
        var batch = MirroredRequests()
        var answered = 0
        while take(&batch) {
            batch.forEach(record) { mirrored in
                answer(mirrored, isTimed: answered < Self.timedFirst || answered % Self.timedEvery == 0)
                answered &+= 1
            }
            batch.removeAll()
        }
    }

    /// All that wait; waits for some itself. False when none came for long.
    private func take(_ batch: inout MirroredRequests) -> Bool {
        for look in 0...Self.patience {
            let isOver = line.withLock { line in
                if line.waiting.count > 0 {
                    // Leaves its memory with those who append: no allocation for each request.
                    swap(&line.waiting, &batch)
                } else if look == Self.patience {
                    line.isServed = false
                    return true
                }
                return false
            }
            if batch.count > 0 || isOver { return batch.count > 0 }
            ThreadPause.wait(nanoseconds: Self.look)
        }
        return false
    }

    /// The candidate's model, for one request. Where it is not in memory it is sent for, if there is room for it; no other
    /// model leaves for it, nor does anything wait for it here.
    private func modelNow() -> LoadedModel? {
        guard let place = candidate.place else {
            tally.failed("its model is not in memory")
            return nil
        }
        if let model = place.model { return model }
        switch candidate.residency.wishIfRoom(place) {
        case .fulfilled(let model): return model
        case .failed(let error) where error.reason != .outOfMemory:
            tally.failed("its model cannot be loaded: \(error.message)")
        // On its way, or without room: that says nothing about how it answers.
        case nil, .joined, .mustLoad, .full, .failed: tally.dropped()
        }
        return nil
    }

    private func answer(_ mirrored: MirroredRequest, isTimed: Bool) {
        guard let model = modelNow() else { return }
        let deadline = UInt64(max(1, candidate.entry.options.deadlineMilliseconds)) &* 1_000_000
        let (until, overflow) = MonotonicClock.nanoseconds().addingReportingOverflow(deadline)
        // A thread that others push aside: what the run cost itself, where that is known.
        let isOnThisThread = model.isInProcess && candidate.entry.options.runtime.intraOpThreads <= 1
        let before = isTimed && isOnThisThread ? MonotonicClock.ofThisThread() : 0
        do throws(PredictionError) {
            let answer = try model.run(mirrored.request, handle: RunHandle(deadline: overflow ? .max : until))
            if isTimed {
                let cost = isOnThisThread ? MonotonicClock.ofThisThread() &- before : answer.compute
                tally.timed(primary: mirrored.compute, candidate: cost)
            }
            tally.compared(
                comparison.compare(
                    mirrored.request, mirrored.outputs, answer.outputs, rows: candidate.rows(of: mirrored.request)),
                of: mirrored.prediction)
        } catch {
            tally.failed(error.description)
        }
    }
}
