/// What became of a prediction that was handed to an endpoint.
package enum PredictionStart: Sendable {
    /// There and then, on the calling thread.
    case answered(Result<PredictionResult, PredictionError>)
    /// Later: the completion brings it.
    case pending(PredictionTicket)
}

/// A prediction that was made at once, where it was asked for.
package struct ImmediateRun: Sendable {
    package let result: Result<PredictionResult, PredictionError>
    /// When it was over, in nanoseconds of `MonotonicClock`.
    package let ended: UInt64
}

/// Lets the caller of a pending prediction give it up.
package final class PredictionTicket: Sendable {
    private let prediction: any PendingPrediction

    init(_ prediction: any PendingPrediction) {
        self.prediction = prediction
    }

    /// Nothing is computed for it any more where that can still be helped; the completion brings `cancelled`.
    package func cancel() { prediction.cancel() }
}

/// A prediction that is not answered yet.
protocol PendingPrediction: AnyObject, Sendable {
    func cancel()
}
