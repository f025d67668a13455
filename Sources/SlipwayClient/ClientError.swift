public import ManagementAPI

/// Why a call gave no answer: `message` says what and where, `hint` what to do next.
public enum ClientError: Error, Sendable, Hashable {
    /// The server's address cannot be used as it is written.
    case badAddress(String, problem: String)
    /// Nobody answers at the address.
    case unreachable(server: String, reason: String)
    /// The server answered before, and then the connection broke, more often than the client retries.
    case connectionLost(server: String, operation: String)
    /// The other side's certificate is not one that the client trusts, or ours could not be read.
    case badCertificate(server: String, reason: String)
    /// The server took longer than the client waits.
    case timedOut(server: String, operation: String)
    /// The task that called was cancelled, or the client shut down: whether the server did what it was asked is not known.
    case cancelled
    /// The server understood and said no; `status` is the HTTP status.
    case refused(status: Int, APIError)
    /// What answered does not speak Slipway's interface, or another version of it.
    case unexpectedAnswer(server: String, what: String)
    /// A local file or folder that cannot be sent.
    case file(path: String, problem: String, hint: String?)
    /// An argument that cannot be sent.
    case badInput(String)

    /// What is wrong, and where.
    public var message: String {
        switch self {
        case .badAddress(let address, let problem): "the server address \"\(address)\" \(problem)"
        case .unreachable(let server, let reason): "no server at \(server) (\(reason))"
        case .connectionLost(let server, let operation):
            "the connection to \(server) broke while it was asked to \(operation)"
        case .badCertificate(let server, let reason): "no trusted connection to \(server): \(reason)"
        case .timedOut(let server, let operation): "\(server) took too long to \(operation)"
        case .cancelled: "the call was cancelled"
        case .refused(_, let error): error.error
        case .unexpectedAnswer(let server, let what): "unexpected answer from \(server): \(what)"
        case .file(let path, let problem, _): "\(path): \(problem)"
        case .badInput(let problem): problem
        }
    }

    /// What to do next, where there is something to say.
    public var hint: String? {
        switch self {
        case .badAddress: "write it as http://127.0.0.1:8080 or https://HOST:PORT"
        case .unreachable(let server, _):
            isLoopback(server)
                ? "start one with `slipway serve`, or name another with --server URL"
                : "check the address and that the server runs there; --server URL names another"
        case .connectionLost(let server, _):
            "see the server's own output for why, then try again; nothing is done twice"
                + (server.hasPrefix("http:") ? " (a server with TLS wants https:// in its address)" : "")
        case .badCertificate: "pass the authority that signed the server's certificate with --ca-cert FILE"
        case .timedOut: "`slipway status` shows whether it was done after all; trying again does nothing twice"
        case .refused(_, let error): error.hint
        case .unexpectedAnswer: "is this a Slipway server of this release? `slipway doctor` compares the two"
        case .file(_, _, let hint): hint
        case .cancelled, .badInput: nil
        }
    }

    /// Whether the same call may go well a little later, and nothing is done twice by making it again. The client has
    /// then made it as often as its `RetryPolicy` and the deadline allow.
    public var isRetryable: Bool {
        switch self {
        case .unreachable, .refused(429, _), .refused(503, _): true
        default: false
        }
    }

    /// The code of a refusal, for example `not_found`.
    public var code: String? {
        if case .refused(_, let error) = self { error.code } else { nil }
    }
}

extension ClientError: CustomStringConvertible {
    /// The message, then what to do next where that is known.
    public var description: String {
        if let hint { "\(message); \(hint)" } else { message }
    }
}

private func isLoopback(_ server: String) -> Bool {
    ["://127.", "://localhost", "://[::1]"].contains { server.contains($0) }
}
