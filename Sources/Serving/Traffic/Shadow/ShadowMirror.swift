import InferenceProtocol
import Runtimes
import Synchronization
import Tensors

/// Gives a share of the primary's requests to a candidate as well, and compares the answers.
///
/// It never keeps the primary waiting: what does not fit into the queue is dropped and counted, and the candidate runs on
/// a thread that gets the processor only when nobody else wants it. The primary's answer does not depend on it.
final class ShadowMirror: Sendable {
    /// One request that the primary has answered.
    private struct Mirrored: Sendable {
        let request: InferenceRequest
        let answer: PredictionResult
        let prediction: PredictionID
        let bytes: Int
    }

    private struct Line {
        var waiting: [Mirrored] = []
        var bytes = 0
        /// Whether a thread takes from it.
        var isServed = false
    }

    /// Bytes of tensors that may wait, whatever the queue limit says.
    private static let mostBytes = 64 << 20
    /// How often a thread looks for more, in nanoseconds: to wake one would cost the primary more than this costs all.
    private static let look = 2_000_000
    /// Looks without finding anything after which the thread goes.
    private static let patience = 1000

    let plan: ShadowPlan
    let candidate: Endpoint
    let tally: ShadowTally
    private let threads: ThreadPool
    private let comparison: ShadowComparison
    private let random = RandomBits()
    private let line = Mutex(Line())

    init(_ plan: ShadowPlan, candidate: Endpoint, tally: ShadowTally, threads: ThreadPool) {
        self.plan = plan
        self.candidate = candidate
        self.tally = tally
        self.threads = threads
        comparison = ShadowComparison(plan, candidate.signature)
    }

    /// Takes note of what the primary answered, and perhaps has the candidate answer it too.
    func offer(_ request: InferenceRequest, _ answer: PredictionResult, _ prediction: PredictionID) {
        guard random.next().multipliedFullWidth(by: UInt64(TrafficPlan.whole)).high < UInt64(max(0, plan.share)) else {
            return
        }
        let bytes = answer.outputs.reduce(LoadedModel.size(of: request)) { $0 &+ $1.storage.byteCount }
        let mirrored = Mirrored(request: request, answer: answer, prediction: prediction, bytes: bytes)
        let (isTaken, mustStart) = line.withLock { line in
            guard line.waiting.count < plan.queueLimit, line.bytes < Self.mostBytes else { return (false, false) }
            line.waiting.append(mirrored)
            line.bytes &+= bytes
            defer { line.isServed = true }
            return (true, !line.isServed)
        }
        tally.offered(isTaken: isTaken)
        if mustStart, !threads.run({ self.work() }) { line.withLock { $0.isServed = false } }
    }

    private func work() {
        while let batch = take() {
            for mirrored in batch { answer(mirrored) }
        }
    }

    /// All that wait; waits for some itself. `nil` when none came for long.
    private func take() -> [Mirrored]? {
        for look in 0...Self.patience {
            let batch = line.withLock { line -> [Mirrored]? in
                guard line.waiting.isEmpty else {
                    // Leaves its memory with those who append: no allocation for each request.
                    let batch = line.waiting
                    line.waiting.removeAll(keepingCapacity: true)
                    line.bytes = 0
                    return batch
                }
                if look == Self.patience { line.isServed = false }
                return []
            }
            guard let batch, batch.isEmpty else { return batch }
            if look < Self.patience { ThreadPause.wait(nanoseconds: Self.look) }
        }
        return nil
    }

    private func answer(_ mirrored: Mirrored) {
        guard let model = candidate.place?.model else { return tally.failed("its model is not in memory") }
        let deadline = UInt64(max(1, candidate.entry.options.deadlineMilliseconds)) &* 1_000_000
        let (until, overflow) = MonotonicClock.nanoseconds().addingReportingOverflow(deadline)
        let before = MonotonicClock.ofThisThread()
        do throws(PredictionError) {
            let answer = try model.run(mirrored.request, handle: RunHandle(deadline: overflow ? .max : until))
            // A thread that others push aside: what the run cost itself, where that is known.
            let isOnThisThread = model.isInProcess && candidate.entry.options.runtime.intraOpThreads <= 1
            let cost = isOnThisThread ? MonotonicClock.ofThisThread() &- before : answer.compute
            let difference = comparison.compare(
                mirrored.request, mirrored.answer.outputs, answer.outputs, rows: candidate.rows(of: mirrored.request))
            tally.compared(
                difference, of: mirrored.prediction, primary: mirrored.answer.compute, candidate: cost)
        } catch {
            tally.failed(error.description)
        }
    }
}
