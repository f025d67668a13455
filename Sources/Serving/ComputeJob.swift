import InferenceProtocol
import Runtimes
import Synchronization
package import Tensors

/// What one prediction gave, and how long its stages took in nanoseconds.
package struct PredictionResult: Sendable {
    /// One for each output the request wants, in its order.
    package var outputs: [Tensor]
    /// From submission to the start of the run; 0 when it ran on the calling thread.
    package var queue: UInt64
    /// The run itself, whole, also when it was shared.
    package var compute: UInt64

    package init(outputs: [Tensor], queue: UInt64, compute: UInt64) {
        self.outputs = outputs
        self.queue = queue
        self.compute = compute
    }
}

/// Called exactly once with what a prediction gave, on any thread.
package typealias PredictionCompletion = @Sendable (Result<PredictionResult, PredictionError>) -> Void

/// One prediction on its way to a run. It is answered exactly once: by its run, its deadline or its caller, whoever comes
/// first; a run that is under way is asked to stop when all that share it are answered.
final class ComputeJob: PendingPrediction, DeadlineBound {
    private enum Phase {
        /// In the line of a queue, or in one turn of an event loop.
        case waiting(InferenceRequest, ComputeQueue?)
        case running(ComputeRun?)
        case answered
    }

    let model: LoadedModel
    let statistics: EndpointStatistics
    /// Of all its inputs.
    let byteCount: Int
    /// What its run counts as in the statistics of batches; `nil` where those are not kept.
    let rows: Int?
    /// `nil` when it runs by itself.
    let share: BatchShare?
    let submitted: UInt64
    let deadline: UInt64
    /// Nanoseconds from submission to the deadline.
    private let allowed: UInt64
    private let phase: Mutex<Phase>
    private let watch: DeadlineWatch
    /// What one turn of an event loop answers need not be.
    private let isWatched = Atomic(false)
    private let completion: PredictionCompletion

    /// - Parameters:
    ///   - queue: where it waits, to be told when it is answered there.
    ///   - watch: ends it at its deadline, once it is to.
    ///   - allowed: nanoseconds until its deadline.
    init(
        model: LoadedModel, statistics: EndpointStatistics, request: InferenceRequest, rows: Int?,
        share: BatchShare?, queue: ComputeQueue?, watch: DeadlineWatch, allowed: UInt64,
        completion: @escaping PredictionCompletion
    ) {
        self.model = model
        self.statistics = statistics
        self.byteCount = LoadedModel.size(of: request)
        self.rows = rows
        self.share = share
        self.allowed = allowed
        self.submitted = MonotonicClock.nanoseconds()
        self.deadline = submitted.addingReportingOverflow(allowed).overflow ? .max : submitted &+ allowed
        self.phase = Mutex(.waiting(request, queue))
        self.watch = watch
        self.completion = completion
    }

    var isAnswered: Bool {
        phase.withLock { if case .answered = $0 { true } else { false } }
    }

    /// From now on it is answered at its deadline, if nobody has done so before.
    func beWatched() {
        isWatched.store(true, ordering: .sequentiallyConsistent)
        watch.add(self)
    }

    /// Gives the prediction up: nothing is computed for it any more where that can still be helped.
    func cancel() { finish(.failure(.cancelled)) }

    /// Its deadline has passed.
    func expire() { finish(.failure(.deadlineExceeded(milliseconds: Int(clamping: allowed / 1_000_000)))) }

    /// Answers it, unless somebody has done so.
    func finish(_ result: Result<PredictionResult, PredictionError>) {
        let before = phase.withLock { phase in
            let before = phase
            phase = .answered
            return before
        }
        switch before {
        case .answered: return
        case .waiting(_, let queue): queue?.leave(self)
        case .running(let run): run?.leave()
        }
        if isWatched.load(ordering: .sequentiallyConsistent) { watch.remove(self) }
        completion(result)
    }

    /// Takes it out of where it waits; `nil` when it is answered already, or is now because it is too late.
    func take(now: UInt64) -> InferenceRequest? {
        if now >= deadline { expire() }
        return phase.withLock { phase in
            guard case .waiting(let request, _) = phase else { return nil }
            phase = .running(nil)
            return request
        }
    }

    /// From now on `run` is told when it is answered; false when it is already.
    func join(_ run: ComputeRun) -> Bool {
        phase.withLock { phase in
            guard case .running = phase else { return false }
            phase = .running(run)
            return true
        }
    }

    /// Back to where it waited, since its run failed or did not begin; false when it is answered.
    func wait(_ request: InferenceRequest, in queue: ComputeQueue?) -> Bool {
        phase.withLock { phase in
            guard case .running = phase else { return false }
            phase = .waiting(request, queue)
            return true
        }
    }
}
