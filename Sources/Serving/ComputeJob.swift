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
    /// The run itself.
    package var compute: UInt64

    package init(outputs: [Tensor], queue: UInt64, compute: UInt64) {
        self.outputs = outputs
        self.queue = queue
        self.compute = compute
    }
}

/// Called exactly once with what a prediction gave, on any thread.
package typealias PredictionCompletion = @Sendable (Result<PredictionResult, PredictionError>) -> Void

/// One prediction on its way through a compute queue. It is answered exactly once: by its run, its deadline or its
/// caller, whoever comes first; a run that is under way is asked to stop when somebody else was first.
final class ComputeJob: PendingPrediction, DeadlineBound {
    private enum Phase { case waiting, running, answered }

    private let model: LoadedModel
    private let request: InferenceRequest
    private let submitted: UInt64
    let deadline: UInt64
    /// Nanoseconds from submission to the deadline.
    private let allowed: UInt64
    private let handle: RunHandle
    /// What an event loop has begun and did not wait for.
    private let unfinished: (any UnfinishedRun)?
    private let phase = Mutex(Phase.waiting)
    private let completion: PredictionCompletion

    init(
        model: LoadedModel, request: InferenceRequest, allowed: UInt64, unfinished: (any UnfinishedRun)? = nil,
        completion: @escaping PredictionCompletion
    ) {
        self.model = model
        self.request = request
        self.allowed = allowed
        self.submitted = MonotonicClock.nanoseconds()
        self.deadline = submitted.addingReportingOverflow(allowed).overflow ? .max : submitted &+ allowed
        self.handle = RunHandle(deadline: deadline)
        self.unfinished = unfinished
        self.completion = completion
    }

    var isAnswered: Bool { phase.withLock { $0 == .answered } }

    /// Gives the prediction up: nothing is computed for it any more where that can still be helped.
    func cancel() {
        if finish(.failure(.cancelled)) { handle.terminate() }
    }

    func expire() {
        if finish(.failure(.deadlineExceeded(milliseconds: Int(clamping: allowed / 1_000_000)))) { handle.terminate() }
    }

    @discardableResult
    func finish(_ result: Result<PredictionResult, PredictionError>) -> Bool {
        let isFirst = phase.withLock { phase in
            if phase == .answered { return false }
            phase = .answered
            return true
        }
        if isFirst { completion(result) }
        return isFirst
    }

    /// On a thread of the pool.
    func run() {
        let mayRun = phase.withLock { phase in
            guard phase == .waiting else { return false }
            phase = .running
            return true
        }
        // What is under way already has to be waited for, whoever still wants to hear of it.
        guard mayRun || unfinished != nil else { return }
        let start = MonotonicClock.nanoseconds()
        guard start < deadline || unfinished != nil else {
            finish(.failure(.deadlineExceeded(milliseconds: Int(clamping: allowed / 1_000_000))))
            return
        }
        do throws(PredictionError) {
            if let unfinished {
                finish(.success(try model.finish(unfinished, of: request, handle: handle)))
                return
            }
            var result = try model.run(request, handle: handle)
            result.queue = start &- submitted
            finish(.success(result))
        } catch {
            finish(.failure(error))
        }
    }
}
