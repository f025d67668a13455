import Gateway
import Identity
import InferenceProtocol
import Journal
import Serving

/// Every error of the rooms below, as a status: the one table of them.
extension GRPCStatus {
    init(full budget: BodyBudget) {
        self.init(
            .unavailable,
            "the bodies of other requests take all of the \(budget.limit) bytes that there are for them",
            retryAfterSeconds: 1)
    }

    init(_ error: ControlError) {
        self.init(Self.code(error.code), error.description)
        if error.code == .unavailable { retryAfterSeconds = 1 }
    }

    init(_ refusal: AccessRefusal) {
        switch refusal {
        case .control(let error): self.init(error)
        case .guessing(let seconds):
            self.init(.resourceExhausted, AccessRefusal.guessingMessage, retryAfterSeconds: seconds)
        case .quota(let quota): self.init(quota)
        }
    }

    init(_ quota: QuotaRefusal) {
        self.init(.resourceExhausted, quota.message, retryAfterSeconds: quota.retryAfterSeconds)
    }

    init(_ error: ProtocolError) {
        self.init(.invalidArgument, error.message)
    }

    init(_ error: PredictionError) {
        switch error {
        case .notReady, .unloaded: self.init(.unavailable, error.description)
        case .invalidInput: self.init(.invalidArgument, error.description)
        case .failed: self.init(.internalError, error.description)
        case .deadlineExceeded: self.init(.deadlineExceeded, error.description)
        case .overloaded: self.init(.resourceExhausted, error.description, retryAfterSeconds: 1)
        case .unavailable: self.init(.unavailable, error.description, retryAfterSeconds: 1)
        // Without an invitation to come back: whoever repeats what ended a worker ends the next one too.
        case .lost, .outOfMemory: self.init(.unavailable, error.description)
        case .cancelled: self.init(.cancelled, error.description)
        }
    }

    init(_ error: VariantChoice.Refusal) {
        switch error {
        case .unknown(let message): self.init(.notFound, message)
        case .contradiction(let message): self.init(.invalidArgument, message)
        }
    }

    init(_ error: EndpointLookup.NotFound) {
        if error.isTemporary {
            self.init(.unavailable, error.message, retryAfterSeconds: 1)
        } else {
            self.init(.notFound, error.message)
        }
    }

    init(_ error: TritonSettings.Refusal) {
        self.init(.invalidArgument, error.message)
    }

    /// Any error of the rooms below, for where they may all come.
    init(describing error: any Error) {
        switch error {
        case let status as GRPCStatus: self = status
        case let error as ProtocolError: self.init(error)
        case let error as ControlError: self.init(error)
        case let error as PredictionError: self.init(error)
        case let error as EndpointLookup.NotFound: self.init(error)
        case let error as TritonSettings.Refusal: self.init(error)
        default: self.init(.internalError, "the server failed: \(error)")
        }
    }

    private static func code(_ code: ControlError.Code) -> Code {
        switch code {
        case .invalid: .invalidArgument
        case .notFound: .notFound
        case .conflict: .aborted
        case .refused: .permissionDenied
        case .unauthenticated: .unauthenticated
        case .digestMismatch: .dataLoss
        case .notAModel, .checkFailed, .loadFailed: .failedPrecondition
        case .tooLarge, .storageFull: .resourceExhausted
        case .unavailable: .unavailable
        case .internalFailure: .internalError
        }
    }
}
