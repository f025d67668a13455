/// What became of a prediction that was handed to an endpoint.
package enum PredictionStart: Sendable {
    /// There and then, on the calling thread.
    case answered(Result<PredictionResult, PredictionError>)
    /// Later: the completion brings it.
    case pending(PredictionTicket)
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
