import InferenceProtocol
package import Journal
import NIOCore
import Serving

/// Every error of the rooms below, as a status: the one table of them.
extension HTTPFault {
    package init(_ error: ControlError) {
        self.init(error.status, error.message)
        control = error
        if error.code == .unavailable { fields = [("retry-after", "1")] }
    }

    init(_ error: ProtocolError) {
        self.init(.badRequest, error.message)
    }

    init(_ error: VariantChoice.Refusal) {
        switch error {
        case .unknown(let message): self.init(.notFound, message)
        case .contradiction(let message): self.init(.badRequest, message)
        }
    }

    init(_ error: PredictionError) {
        switch error {
        case .notReady, .unloaded: self.init(.unavailable, error.description)
        case .invalidInput: self.init(.badRequest, error.description)
        case .failed: self.init(.internalError, error.description)
        case .deadlineExceeded: self.init(.gatewayTimeout, error.description)
        case .overloaded: self.init(.tooManyRequests, error.description, fields: [("retry-after", "1")])
        case .unavailable: self.init(.unavailable, error.description, fields: [("retry-after", "1")])
        // Without an invitation to come back: whoever repeats what ended a worker ends the next one too.
        case .lost, .outOfMemory: self.init(.unavailable, error.description)
        case .cancelled: self.init(.unavailable, error.description)
        }
    }
}

/// The bodies of errors: `{"error": ...}` for predictions, a code, a field and a hint as well on the management interface,
/// and what MLflow's clients read on theirs.
package enum ErrorAnswer {
    package static func make(_ fault: HTTPFault, in dialect: ErrorDialect) -> Answer {
        var members: [(String, JSONValue)] = []
        switch dialect {
        case .management:
            members.append(("error", .string(fault.message)))
            members.append(("code", .string(code(fault))))
            if let field = fault.control?.field { members.append(("field", .string(field))) }
            if let hint = fault.control?.hint { members.append(("hint", .string(hint))) }
        case .prediction:
            members.append(("error", .string(fault.control.map(\.description) ?? fault.message)))
        case .mlflow, .scoring:
            members.append(("error_code", .string(dialect == .mlflow ? fault.mlflowCode : fault.scoringCode)))
            members.append(("message", .string(fault.control.map(\.description) ?? fault.message)))
        }
        let status = dialect == .mlflow ? fault.mlflowStatus : fault.status
        return Answer(status, json: .object(members), fields: fault.fields)
    }

    /// The word for programs: the control plane's own where there is one, else the status in words.
    private static func code(_ fault: HTTPFault) -> String { fault.control?.errorCode ?? fault.status.errorCode }
}
