/// How a call ends, as its trailers say it.
package struct GRPCStatus: Error, Sendable, Hashable {
    /// The codes of gRPC (https://grpc.io/docs/guides/status-codes/).
    package enum Code: Int, Sendable {
        case ok = 0
        case cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
        case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, internalError, unavailable
        case dataLoss, unauthenticated
    }

    package var code: Code
    /// A sentence for people; empty when `code` is `ok`.
    package var message: String
    /// When trying again makes sense, as the trailer `retry-after`; `nil` where it does not.
    package var retryAfterSeconds: Int?

    package init(_ code: Code, _ message: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    package static let ok = GRPCStatus(.ok, "")
}
