package import Identity
package import InferenceProtocol
import Journal
package import Serving
package import Tensors

/// Who asked for a prediction, and under which number it is answered: what an endpoint's observer is told besides the
/// prediction itself.
package struct Asker: Sendable {
    package let prediction: PredictionID
    package let caller: Caller
    /// The trace that the caller says it belongs to.
    package let trace: TraceContext?

    package init(prediction: PredictionID, caller: Caller, trace: TraceContext?) {
        self.prediction = prediction
        self.caller = caller
        self.trace = trace
    }

    /// Tells the endpoint's observer of a prediction that was answered, where there is one.
    ///
    /// - Parameter start: when decoding began, in nanoseconds of `MonotonicClock`.
    package func answered(
        _ request: InferenceRequest, _ outputs: [Tensor], by endpoint: Endpoint, since start: UInt64
    ) {
        guard let observer = endpoint.observer, observer.isListening else { return }
        tell(observer, request, outputs, nil, since: start)
    }

    /// Counts one whose request was not read, or could not be, and tells of it.
    ///
    /// - Parameter start: as above.
    package func failed(unread fault: PredictionFault, at endpoint: Endpoint, since start: UInt64) {
        endpoint.statistics.recordFailure(fault, nanoseconds: MonotonicClock.nanoseconds() &- start)
        failed(nil, fault, at: endpoint, since: start)
    }

    /// Tells of one that was not answered; the log has it too.
    ///
    /// - Parameter request: `nil` where it could not be read.
    package func failed(
        _ request: InferenceRequest?, _ fault: PredictionFault, at endpoint: Endpoint, since start: UInt64
    ) {
        endpoint.report(fault, of: prediction, trace: trace, caller: caller.principal.id)
        guard let observer = endpoint.observer, observer.isListening else { return }
        tell(observer, request, [], fault, since: start)
    }

    private func tell(
        _ observer: any PredictionObserver, _ request: InferenceRequest?, _ outputs: [Tensor],
        _ fault: PredictionFault?, since start: UInt64
    ) {
        observer.observe(
            ObservedPrediction(
                prediction: prediction, principal: caller.principal.id, key: caller.key?.id, requestID: request?.id,
                inputs: request?.inputs ?? [], outputs: outputs, fault: fault,
                nanoseconds: MonotonicClock.nanoseconds() &- start, trace: trace))
    }
}
