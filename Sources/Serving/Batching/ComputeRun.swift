import InferenceProtocol
import Runtimes
import Synchronization
import Tensors

/// One run of a model for one prediction or several. It is asked to stop when nobody waits for it any more.
final class ComputeRun: Sendable {
    /// A prediction that takes part.
    private struct Member {
        let job: ComputeJob
        let request: InferenceRequest
        let rows: Int
    }

    private let members: [Member]
    private let model: LoadedModel
    /// Of one prediction its own; of several, all their rows. `nil` when that would be larger than memory can be.
    private let request: InferenceRequest?
    private let onEventLoop: Bool
    /// When the predictions were taken, and their inputs put together.
    private let start: UInt64
    private let gathered: UInt64
    private let handle: RunHandle
    /// Predictions that still wait for it.
    private let waiting: Atomic<Int>

    var jobs: [ComputeJob] { members.map(\.job) }

    /// Takes those of `jobs` that are not answered yet; `nil` when all are. They are of one group, or there is only one.
    ///
    /// - Parameter hasBegun: it is under way already, and has to be waited for even if it is too late for its answer.
    init?(_ jobs: [ComputeJob], onEventLoop: Bool, hasBegun: Bool = false) {
        start = MonotonicClock.nanoseconds()
        var members: [Member] = []
        members.reserveCapacity(jobs.count)
        var deadline: UInt64 = 0
        for job in jobs {
            guard let request = job.take(now: hasBegun ? 0 : start) else { continue }
            members.append(Member(job: job, request: request, rows: job.share?.rows ?? 0))
            deadline = max(deadline, job.deadline)
        }
        guard let first = members.first else { return nil }
        self.members = members
        self.onEventLoop = onEventLoop
        model = first.job.model
        handle = RunHandle(deadline: deadline)
        waiting = Atomic(members.count)
        if members.count == 1 {
            request = first.request
            gathered = start
        } else {
            let rows = members.reduce(0) { $0 + $1.rows }
            request = BatchTensors.gather(members.map(\.request), rows: rows).map {
                InferenceRequest(inputs: $0, outputs: first.request.outputs)
            }
            gathered = MonotonicClock.nanoseconds()
        }
    }

    /// Runs `jobs` on a thread that may block, and answers them all.
    static func perform(_ jobs: [ComputeJob]) {
        guard let run = ComputeRun(jobs, onEventLoop: false) else { return }
        run.joinAll()
        run.settle { (request) throws(PredictionError) in try run.model.run(request, handle: run.handle) }
    }

    /// Runs `jobs` on an event loop; what is not over at once is left to threads of `queue`.
    static func attempt(_ jobs: [ComputeJob], _ queue: ComputeQueue) {
        guard let run = ComputeRun(jobs, onEventLoop: true) else { return }
        run.attempt(queue)
    }

    private func attempt(_ queue: ComputeQueue) {
        guard let request else { return retry(in: queue) }
        do throws(PredictionError) {
            switch try model.attempt(request) {
            case .answered(let result): if !succeed(result) { retry(in: queue) }
            case .underWay(let rest): queue.adopt(self, rest)
            case .busy: waitAgain(in: queue)
            }
        } catch {
            if !fail(error) { retry(in: queue) }
        }
    }

    /// Waits for the end of what an event loop has begun.
    func finish(_ rest: any UnfinishedRun) {
        joinAll()
        settle { (request) throws(PredictionError) in try model.finish(rest, of: request, handle: handle) }
    }

    /// One of those that wait for it was answered.
    func leave() {
        if waiting.wrappingSubtract(1, ordering: .relaxed).newValue == 0 { handle.terminate() }
    }

    private func joinAll() {
        for member in members where !member.job.join(self) { leave() }
    }

    // MARK: - answers

    private func settle(_ run: (InferenceRequest) throws(PredictionError) -> PredictionResult) {
        guard let request else { return retry(in: nil) }
        do throws(PredictionError) {
            if !succeed(try run(request)) { retry(in: nil) }
        } catch {
            if !fail(error) { retry(in: nil) }
        }
    }

    /// False when the outputs of a shared run cannot be taken apart again.
    private func succeed(_ result: PredictionResult) -> Bool {
        let first = members[0].job
        if members.count == 1 {
            first.statistics.recordRun(rows: first.rows, compute: result.compute)
            answer(members[0], result.outputs, result)
            return true
        }
        let ended = MonotonicClock.nanoseconds()
        guard let parts = BatchTensors.split(result.outputs, rows: members.map(\.rows)) else {
            model.foundUnbatchable()
            return false
        }
        first.statistics.recordRun(
            rows: members.reduce(0) { $0 + $1.rows }, gather: gathered &- start, compute: result.compute,
            split: MonotonicClock.nanoseconds() &- ended)
        for (member, outputs) in zip(members, parts) { answer(member, outputs, result) }
        return true
    }

    private func answer(_ member: Member, _ outputs: [Tensor], _ result: PredictionResult) {
        member.job.finish(
            .success(
                PredictionResult(outputs: outputs, queue: start &- member.job.submitted, compute: result.compute)))
    }

    /// False when several share the run and it may have failed through the fault of one.
    private func fail(_ error: PredictionError) -> Bool {
        if members.count > 1 {
            switch error {
            // A worker that had too little memory for all of them lives on, and may have enough for each.
            case .invalidInput, .failed, .outOfMemory: return false
            // Whatever ended a worker would end the next one too, and those after it.
            case .notReady, .unloaded, .deadlineExceeded, .overloaded, .unavailable, .lost, .cancelled: break
            }
        }
        for member in members { member.job.finish(.failure(error)) }
        return true
    }

    /// Each runs by itself and hears what is its own; `queue` is needed on an event loop only.
    private func retry(in queue: ComputeQueue?) {
        for member in members where member.job.wait(member.request, in: nil) {
            if onEventLoop, let queue {
                Self.attempt([member.job], queue)
            } else {
                Self.perform([member.job])
            }
        }
    }

    /// Nobody can take it at once: each goes into the queue.
    private func waitAgain(in queue: ComputeQueue) {
        for member in members where member.job.wait(member.request, in: queue) {
            if let refusal = queue.submit(member.job) { member.job.finish(.failure(refusal)) }
        }
    }
}
