import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What went wrong below HTTP, sorted by what a caller can do about it.
enum ConnectionFailure: Sendable, Hashable {
    /// No connection came about: nothing was sent.
    case unreachable(String)
    /// A connection that was there broke.
    case lost
    case untrusted(String)
    /// TLS was spoken to a server that does not.
    case plain
    case timedOut
    /// Nobody waits for the answer any more.
    case cancelled
    case other(String)

    init(_ error: any Error) {
        switch error {
        case is BrokenConnection: self = .lost
        case let error as HTTPClientError: self = .init(client: error)
        case let error as NIOConnectionError:
            let reason = error.connectionErrors.first.map { ConnectionFailure($0.error) }
            if case .unreachable(let text) = reason {
                self = .unreachable(text)
            } else if error.connectionErrors.isEmpty {
                self = .unreachable("no address found for the host name")
            } else {
                self = .unreachable("no connection")
            }
        case let error as IOError: self = .init(errorNumber: error.errnoCode)
        case let error as ChannelError:
            switch error {
            case .connectTimeout: self = .unreachable("no answer within 5 s")
            case .ioOnClosedChannel, .alreadyClosed, .eof, .inputClosed, .outputClosed: self = .lost
            default: self = .other("\(error)")
            }
        case is SocketAddressError: self = .unreachable("no address found for the host name")
        case let error as NIOSSLError: self = .init(tls: error)
        case is NIOSSLExtraError: self = .untrusted("the certificate is for another host name")
        case let error as BoringSSLError: self = .untrusted("the TLS handshake failed: \(error)")
        case is CancellationError: self = .cancelled
        default: self = .other("\(error)")
        }
    }

    private init(client error: HTTPClientError) {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout: self = .unreachable("no answer within 5 s")
        case .remoteConnectionClosed, .uncleanShutdown: self = .lost
        case .deadlineExceeded, .readTimeout, .writeTimeout: self = .timedOut
        case .cancelled: self = .cancelled
        case .tlsHandshakeTimeout: self = .untrusted("the TLS handshake was not answered: is this port plain http?")
        case .bodyLengthMismatch: self = .other("the file changed while it was being sent")
        default: self = .other("\(error)")
        }
    }

    private init(tls error: NIOSSLError) {
        switch error {
        case .handshakeFailed(let reason):
            let text = "\(reason)"
            if text.contains("WRONG_VERSION_NUMBER") {
                self = .plain
            } else if text.contains("CERTIFICATE_VERIFY_FAILED") {
                self = .untrusted("its certificate is not signed by an authority this machine trusts")
            } else {
                self = .untrusted("the TLS handshake failed: \(text)")
            }
        case .uncleanShutdown: self = .lost
        default: self = .untrusted("\(error)")
        }
    }

    /// Of a connection that did not come about; from one that did, `BrokenConnection` comes in its place.
    private init(errorNumber: Int32) {
        switch errorNumber {
        case ECONNREFUSED: self = .unreachable("connection refused")
        case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN: self = .unreachable("no route to the host")
        case ETIMEDOUT: self = .unreachable("no answer")
        case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN, EBADF: self = .lost
        default: self = .other(errorText(errorNumber))
        }
    }

    /// What retries make of it.
    var outcome: Attempts.Outcome {
        switch self {
        case .lost: .lost
        case .unreachable: .unreachable
        case .untrusted, .plain, .timedOut, .cancelled, .other: .final
        }
    }

    func error(server: String, operation: String) -> ClientError {
        switch self {
        case .unreachable(let reason): .unreachable(server: server, reason: reason)
        case .lost: .connectionLost(server: server, operation: operation)
        case .untrusted(let reason): .badCertificate(server: server, reason: reason)
        case .plain:
            .badAddress(server, problem: "begins with https://, but the server speaks plain http on this port")
        case .timedOut: .timedOut(server: server, operation: operation)
        case .cancelled: .cancelled
        case .other(let what): .unexpectedAnswer(server: server, what: what)
        }
    }
}
