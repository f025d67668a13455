import Logging
import Synchronization

/// Says in the log which predictions were not answered, so that somebody with a prediction's id or a trace's finds out why.
///
/// A failure of the model or the server is a warning, but no more than some in a second: when everything fails, the log
/// must not be what fills the disk. What callers did wrong is said at level `debug`. Messages of errors are not said: they
/// quote what was sent.
final class FailureLog: Sendable {
    private struct State {
        var second: UInt64 = 0
        var said = 0
        var leftOut = 0
    }

    /// Warnings in one second.
    static let perSecond = 10

    private let logger: Logger
    private let now: @Sendable () -> UInt64
    private let state = Mutex(State())

    /// - Parameter now: nanoseconds that only ever grow.
    init(logger: Logger, now: @escaping @Sendable () -> UInt64 = MonotonicClock.nanoseconds) {
        self.logger = logger
        self.now = now
    }

    func report(
        _ fault: PredictionFault, of prediction: PredictionID, trace: TraceContext?, caller: String,
        at entry: EndpointEntry
    ) {
        let level: Logger.Level = fault.isCallers ? .debug : .warning
        guard logger.logLevel <= level else { return }
        var leftOut = 0
        if level > .debug {
            guard let before = turn() else { return }
            leftOut = before
        }
        var about: Logger.Metadata = [
            "prediction.id": "\(prediction.text)", "error.kind": "\(fault.word)", "caller.id": "\(caller)",
            "endpoint.space": "\(entry.space)", "endpoint.name": "\(entry.name)",
            "model.version": "\(entry.model):\(entry.version)", "endpoint.revision": "\(entry.revision)",
        ]
        if let trace { about["trace.id"] = "\(trace.id.text)" }
        if leftOut > 0 { about["left_out"] = "\(leftOut)" }
        logger.log(level: level, "a prediction was not answered", metadata: about)
    }

    /// Whether there may be another warning in this second: then how many there were not to be since the last.
    private func turn() -> Int? {
        let second = now() / 1_000_000_000
        return state.withLock { state in
            if state.second != second { (state.second, state.said) = (second, 0) }
            guard state.said < Self.perSecond else {
                state.leftOut += 1
                return nil
            }
            state.said += 1
            defer { state.leftOut = 0 }
            return state.leftOut
        }
    }
}

extension Endpoint {
    /// Says in the log that a prediction was not answered.
    ///
    /// - Parameter caller: the id of who asked.
    package func report(
        _ fault: PredictionFault, of prediction: PredictionID, trace: TraceContext?, caller: String
    ) {
        failures?.report(fault, of: prediction, trace: trace, caller: caller, at: entry)
    }
}
