import Journal

/// Which clients read an error: each protocol has a form of its own.
package enum ErrorDialect: Sendable, Hashable {
    /// Open Inference Protocol and TensorFlow Serving.
    case prediction
    /// `/api/v1`.
    case management
    /// `/api/2.0/mlflow` and what else MLflow's clients ask.
    case mlflow
    /// `/invocations`: as MLflow's scoring servers tell it.
    case scoring

    /// By the path alone, for what is refused before anybody knows the route: whatever stands under `/api/` and is not
    /// `/api/v1` is asked by MLflow's clients, and so is all under `/ajax-api/`.
    init(target: some Collection<UInt8>) {
        var rest = target[...]
        let spaces = "/spaces/".utf8
        if rest.starts(with: spaces) {
            rest = rest.dropFirst(spaces.count).drop { $0 != UInt8(ascii: "/") }
            self = rest.starts(with: "/api/".utf8) || rest.starts(with: "/ajax-api/".utf8) ? .mlflow : .prediction
        } else if rest.starts(with: "/api/v1/".utf8) || rest.elementsEqual("/api/v1".utf8) {
            self = .management
        } else if rest.starts(with: "/api/".utf8) {
            self = rest.dropFirst(5).first.map(Self.isDigit) == true ? .mlflow : .management
        } else {
            self = rest.starts(with: "/ajax-api/".utf8) ? .mlflow : .prediction
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

/// MLflow's own words for what went wrong: the names of its `ErrorCode`, and the statuses that its server gives them.
extension HTTPFault {
    var mlflowCode: String {
        switch control?.code {
        case .invalid, .tooLarge: return "INVALID_PARAMETER_VALUE"
        case .notFound: return "RESOURCE_DOES_NOT_EXIST"
        case .conflict: return "RESOURCE_ALREADY_EXISTS"
        case .refused: return "PERMISSION_DENIED"
        case .unauthenticated: return "UNAUTHENTICATED"
        case .digestMismatch: return "DATA_LOSS"
        case .notAModel, .checkFailed, .loadFailed: return "BAD_REQUEST"
        case .storageFull: return "RESOURCE_EXHAUSTED"
        case .unavailable: return "TEMPORARILY_UNAVAILABLE"
        case .internalFailure: return "INTERNAL_ERROR"
        case nil: break
        }
        switch status {
        case .notFound, .methodNotAllowed: return "ENDPOINT_NOT_FOUND"
        case .unauthorized: return "UNAUTHENTICATED"
        case .forbidden: return "PERMISSION_DENIED"
        case .tooManyRequests: return "REQUEST_LIMIT_EXCEEDED"
        case .notImplemented: return "NOT_IMPLEMENTED"
        case .unavailable: return "TEMPORARILY_UNAVAILABLE"
        case .contentTooLarge: return "INVALID_PARAMETER_VALUE"
        default: return status.code < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR"
        }
    }

    /// What is taken already is a 400 there; the rest has the status that it has here.
    var mlflowStatus: HTTPStatus { control?.code == .conflict ? .badRequest : status }
}
