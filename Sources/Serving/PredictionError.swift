import Runtimes

/// Why an endpoint gave no answer.
package enum PredictionError: Error, Sendable, Hashable {
    /// Loading, or it could not be loaded; the text says which.
    case notReady(String)
    /// Taken out of memory by a repository unload.
    case unloaded
    /// The model refused these inputs.
    case invalidInput(String)
    /// The model or the runtime failed; the text is what it said.
    case failed(String)
    case deadlineExceeded(milliseconds: Int)
    /// Too many predictions are waiting already.
    case overloaded(String)
    /// No process was there to run it (a worker that is stopped, busy or kept back by its breaker): nothing had begun.
    case unavailable(String)
    /// The process that ran it is gone (a worker that crashed or was killed), perhaps because of this prediction.
    case lost(String)
    /// It asked for more memory than its worker may have.
    case outOfMemory(String)
    /// The caller went away.
    case cancelled
}

extension PredictionError {
    /// - Parameter limit: how many may wait, and do.
    static func overloaded(waiting limit: Int) -> PredictionError {
        .overloaded("\(limit) predictions are waiting already")
    }

    init(_ error: RunError) {
        switch error {
        case .invalidInput(let message): self = .invalidInput(message)
        case .failed(let message): self = .failed(message)
        case .unavailable(let message): self = .unavailable(message)
        case .lost(let message): self = .lost(message)
        case .outOfMemory(let message): self = .outOfMemory(message)
        case .terminated: self = .cancelled
        }
    }
}

extension PredictionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notReady(let why): why
        case .unloaded: "the model is unloaded; load it with POST /v2/repository/models/NAME/load"
        case .invalidInput(let message): message
        case .failed(let message): message
        case .deadlineExceeded(let milliseconds): "no answer within the deadline of \(milliseconds) ms"
        case .overloaded(let message): message
        case .unavailable(let message), .lost(let message), .outOfMemory(let message): message
        case .cancelled: "the caller went away"
        }
    }
}
