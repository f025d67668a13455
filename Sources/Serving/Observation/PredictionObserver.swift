package import Tensors

/// Who is told of every prediction of an endpoint that is over, answered or not.
///
/// An implementation promises:
/// 1. `observe` never blocks, whatever becomes of what it is told: event loops call it.
/// 2. What it cannot take it drops, and counts.
/// 3. It holds on to no tensor whose storage `isLent`.
/// 4. `isListening` costs next to nothing: it is asked at each prediction.
package protocol PredictionObserver: AnyObject, Sendable {
    /// Whether it wants to be told of what is over now; asked before anything is put together for it.
    var isListening: Bool { get }
    func observe(_ prediction: ObservedPrediction)
    var counts: ObserverCounts { get }
}

extension PredictionObserver {
    package var isListening: Bool { true }
}

/// Gives each endpoint that is made its observer.
package protocol PredictionObserverSource: Sendable {
    /// `nil` where nobody wants to know. Asked while a snapshot is installed, not on a request.
    ///
    /// - Parameter variant: the name under which it takes part in a rollout.
    func observer(of entry: EndpointEntry, as variant: String?) -> (any PredictionObserver)?
}

/// One prediction that is over.
package struct ObservedPrediction: Sendable {
    package var prediction: PredictionID
    /// The id of who asked.
    package var principal: String
    /// The id of the key that they came with.
    package var key: String?
    /// The caller's own name for it.
    package var requestID: String?
    /// Empty where the request could not be read.
    package var inputs: [Tensor]
    /// Empty where there is no answer.
    package var outputs: [Tensor]
    /// `nil` where it was answered.
    package var fault: PredictionFault?
    /// From decoding to the end of encoding.
    package var nanoseconds: UInt64
    /// What the caller says of it; `nil` where they say nothing.
    package var trace: TraceContext?

    package init(
        prediction: PredictionID, principal: String, key: String?, requestID: String?, inputs: [Tensor],
        outputs: [Tensor], fault: PredictionFault?, nanoseconds: UInt64, trace: TraceContext? = nil
    ) {
        self.prediction = prediction
        self.principal = principal
        self.key = key
        self.requestID = requestID
        self.inputs = inputs
        self.outputs = outputs
        self.fault = fault
        self.nanoseconds = nanoseconds
        self.trace = trace
    }
}

/// What an observer has made of what it was told, since the server started.
package struct ObserverCounts: Sendable, Hashable {
    /// Predictions that are written down.
    package var recorded: UInt64
    /// Dropped because too many were waiting to be written.
    package var droppedQueue: UInt64
    /// Dropped because they could not be written.
    package var droppedDisk: UInt64

    package init(recorded: UInt64 = 0, droppedQueue: UInt64 = 0, droppedDisk: UInt64 = 0) {
        self.recorded = recorded
        self.droppedQueue = droppedQueue
        self.droppedDisk = droppedDisk
    }
}
