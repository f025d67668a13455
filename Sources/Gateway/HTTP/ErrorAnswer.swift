import InferenceProtocol
import Journal
import NIOCore
import Serving

/// Every error of the rooms below, as a status: the one table of them.
extension HTTPFault {
    init(_ error: ControlError) {
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
        case .cancelled: self.init(.unavailable, error.description)
        }
    }
}

/// The bodies of errors: `{"error": ...}` everywhere, and on the management interface a code, a field and a hint as well.
package enum ErrorAnswer {
    package static func make(_ fault: HTTPFault, isManagement: Bool) -> Answer {
        var members: [(String, JSONValue)] = []
        if isManagement {
            members.append(("error", .string(fault.message)))
            members.append(("code", .string(code(fault))))
            if let field = fault.control?.field { members.append(("field", .string(field))) }
            if let hint = fault.control?.hint { members.append(("hint", .string(hint))) }
        } else {
            members.append(("error", .string(fault.control.map(\.description) ?? fault.message)))
        }
        return Answer(fault.status, json: .object(members), fields: fault.fields)
    }

    /// The word for programs: the control plane's own where there is one, else the status in words.
    private static func code(_ fault: HTTPFault) -> String { fault.control?.errorCode ?? fault.status.errorCode }
}
