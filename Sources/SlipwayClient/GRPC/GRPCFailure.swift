#if GRPC
    import GRPCCore
    import ManagementAPI

    /// Why a call over gRPC brought no message.
    enum GRPCFailure: Error {
        /// There was no stream to send anything on.
        case unsent(any Error)
        /// The stream ended with this status, which the server sent, or the client made up where the stream broke.
        case answered(RPCError)
        /// Nobody waits for the answer any more.
        case cancelled

        /// What retries make of it.
        var outcome: Attempts.Outcome {
            switch self {
            case .unsent(let error): ConnectionFailure(Self.root(of: error)).outcome
            case .answered(let error) where error.isMadeUp: error.code == .unavailable ? .lost : .final
            case .answered(let error): .refused(status: error.code.status, wish: error.retryAfter)
            case .cancelled: .final
            }
        }

        func error(server: String, operation: String) -> ClientError {
            switch self {
            case .unsent(let error as RPCError) where error.code == .deadlineExceeded:
                .timedOut(server: server, operation: operation)
            case .unsent(let error):
                ConnectionFailure(Self.root(of: error)).error(server: server, operation: operation)
            case .answered(let error) where error.isMadeUp && error.code == .deadlineExceeded:
                .timedOut(server: server, operation: operation)
            case .answered(let error) where error.isMadeUp && error.code == .unavailable:
                .connectionLost(server: server, operation: operation)
            case .answered(let error) where error.isMadeUp:
                .unexpectedAnswer(server: server, what: error.message)
            case .answered(let error):
                .refused(status: error.code.status, APIError(error: error.message, code: error.code.name))
            case .cancelled: .cancelled
            }
        }

        /// What an error was at first, before others were wrapped around it.
        private static func root(of error: any Error) -> any Error {
            var root = error
            while let cause = (root as? RPCError)?.cause ?? (root as? RuntimeError)?.cause { root = cause }
            return root
        }
    }

    extension RPCError {
        /// Whether the client itself is its source: what a server sends has metadata.
        var isMadeUp: Bool { metadata.isEmpty }

        /// What the trailer `retry-after` asks for, an hour at most.
        fileprivate var retryAfter: Duration? {
            var values = metadata[stringValues: "retry-after"].makeIterator()
            return values.next().flatMap { Int($0) }.map { .seconds(min(max($0, 0), 3600)) }
        }
    }

    extension RPCError.Code {
        /// The HTTP status that says the same (google/rpc/code.proto).
        fileprivate var status: Int {
            switch self {
            case .invalidArgument, .failedPrecondition, .outOfRange: 400
            case .unauthenticated: 401
            case .permissionDenied: 403
            case .notFound: 404
            case .alreadyExists, .aborted: 409
            case .resourceExhausted: 429
            case .cancelled: 499
            case .unimplemented: 501
            case .unavailable: 503
            case .deadlineExceeded: 504
            default: 500
            }
        }

        /// The code as the server's errors over HTTP have it.
        fileprivate var name: String { self == .notFound ? "not_found" : "refused" }
    }
#endif
