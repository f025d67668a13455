/// What became of a prediction that was handed to an endpoint.
package enum PredictionStart: Sendable {
    /// There and then, on the calling thread.
    case answered(Result<PredictionResult, PredictionError>)
    /// Later: the completion brings it.
    case pending(PredictionTicket)
}

/// Lets the caller of a pending prediction give it up.
package final class PredictionTicket: Sendable {
    private let job: ComputeJob

    init(_ job: ComputeJob) {
        self.job = job
    }

    /// Nothing is computed for it any more where that can still be helped; the completion brings `cancelled`.
    package func cancel() { job.cancel() }
}
