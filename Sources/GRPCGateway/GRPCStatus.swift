/// How a call ends, as its trailers say it.
struct GRPCStatus: Error, Sendable, Hashable {
    /// The codes of gRPC (https://grpc.io/docs/guides/status-codes/).
    enum Code: Int, Sendable {
        case ok = 0
        case cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
        case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, internalError, unavailable
        case dataLoss, unauthenticated
    }

    var code: Code
    /// A sentence for people; empty when `code` is `ok`.
    var message: String
    /// When trying again makes sense, as the trailer `retry-after`; `nil` where it does not.
    var retryAfterSeconds: Int?

    init(_ code: Code, _ message: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    static let ok = GRPCStatus(.ok, "")
}
