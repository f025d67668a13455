import InferenceProtocol
import NIOCore
import Runtimes
import Synchronization

/// A prediction whose model is not in memory: it waits until it is, for as long as its caller wants to, and is then
/// taken on like any other.
final class AwaitedPrediction: PendingPrediction, DeadlineBound {
    private enum Phase {
        /// With how to leave, once that is known.
        case waiting(ModelPlace.Waiter?, ModelPlace?)
        /// The model is there and has it.
        case takenOn(PredictionTicket?)
        case answered
    }

    private let endpoint: Endpoint
    private let request: InferenceRequest
    private let watch: DeadlineWatch
    private let eventLoop: any EventLoop
    private let begun = MonotonicClock.nanoseconds()
    /// Nanoseconds from `begun` to the deadline.
    private let allowed: UInt64
    private let completion: PredictionCompletion
    private let phase = Mutex(Phase.waiting(nil, nil))

    init(
        endpoint: Endpoint, request: InferenceRequest, allowed: UInt64, watch: DeadlineWatch,
        eventLoop: any EventLoop, completion: @escaping PredictionCompletion
    ) {
        self.endpoint = endpoint
        self.request = request
        self.allowed = allowed
        self.watch = watch
        self.eventLoop = eventLoop
        self.completion = completion
    }

    var deadline: UInt64 {
        let (sum, overflow) = begun.addingReportingOverflow(allowed)
        return overflow ? .max : sum
    }

    /// Nobody needs to watch it any more: answered, or watched by the model's own queue.
    var isAnswered: Bool {
        phase.withLock { if case .waiting = $0 { false } else { true } }
    }

    /// Whoever stops waiting is to leave `place`, whose line is not endless.
    func waits(as waiter: ModelPlace.Waiter, at place: ModelPlace) {
        let isOver = phase.withLock { phase in
            guard case .waiting = phase else { return true }
            phase = .waiting(waiter, place)
            return false
        }
        if isOver { place.leave(waiter) }
    }

    /// The model is there, or not to be had; on any thread.
    func arrived(_ result: Result<LoadedModel, ModelLoadError>) {
        switch result {
        case .failure(let error): finish(.failure(endpoint.notReady(error.message)))
        case .success(let model):
            // On its own loop, where requests that waited together may become one batch.
            eventLoop.execute { self.takeOn(model) }
        }
    }

    private func takeOn(_ model: LoadedModel) {
        let waited = MonotonicClock.nanoseconds() &- begun
        guard waited < allowed else { return expire() }
        let mayBegin = phase.withLock { phase in
            guard case .waiting = phase else { return false }
            phase = .takenOn(nil)
            return true
        }
        guard mayBegin else { return }
        watch.remove(self)
        let start = endpoint.start(
            request, on: model, allowed: allowed &- waited, mayRunHere: true, eventLoop: eventLoop
        ) { self.finish(self.adding(waited, to: $0)) }
        switch start {
        case .answered(let result): finish(adding(waited, to: result))
        case .pending(let ticket):
            let isGivenUp = phase.withLock { phase in
                guard case .takenOn = phase else { return true }
                phase = .takenOn(ticket)
                return false
            }
            if isGivenUp { ticket.cancel() }
        }
    }

    /// The caller waited longer than the model's own queue knows.
    private func adding(
        _ waited: UInt64, to result: Result<PredictionResult, PredictionError>
    ) -> Result<PredictionResult, PredictionError> {
        switch result {
        case .success(var answer):
            answer.queue &+= waited
            return .success(answer)
        case .failure(.deadlineExceeded): return .failure(tooLate)
        case .failure: return result
        }
    }

    private var tooLate: PredictionError { .deadlineExceeded(milliseconds: Int(clamping: allowed / 1_000_000)) }

    func expire() { finish(.failure(tooLate)) }

    func cancel() {
        finish(.failure(.cancelled))?.cancel()
    }

    /// Answers, if nobody has; returns the ticket of what is under way.
    @discardableResult
    private func finish(_ result: Result<PredictionResult, PredictionError>) -> PredictionTicket? {
        let before = phase.withLock { phase in
            defer { phase = .answered }
            return phase
        }
        switch before {
        case .answered: return nil
        case .waiting(let waiter, let place):
            watch.remove(self)
            if let waiter { place?.leave(waiter) }
            completion(result)
            return nil
        case .takenOn(let ticket):
            completion(result)
            return ticket
        }
    }
}
