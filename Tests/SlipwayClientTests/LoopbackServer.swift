import Foundation
import Synchronization

/// A server on loopback that does what a test says: real sockets, one request for each connection, scripted answers.
final class LoopbackServer: Sendable {
    struct Request: Sendable {
        var method = ""
        var target = ""
        var headers: [String: String] = [:]
        var body: [UInt8] = []
    }

    enum Reaction: Sendable {
        case answer(Int, String, headers: [String: String] = [:])
        /// 200, with bytes behind the text, as binary tensors are.
        case tensors(String, [UInt8], headers: [String: String] = [:])
        /// Says nothing until the client hangs up.
        case silence
        /// Closes the connection after this much of the body, without a word.
        case hangUp(afterBody: Int = .max)
    }

    private final class Log: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private let socket: LoopbackSocket
    private let log: Log
    private let isStopped = Mutex(false)

    var port: Int { socket.port }
    var address: String { "http://127.0.0.1:\(port)" }
    /// The requests so far, those that were hung up on included.
    var requests: [Request] { log.requests.withLock { $0 } }

    /// - Parameters:
    ///   - bodyProgress: called with the request as far as it is read, before more of its body is.
    ///   - react: what to do with the n-th request, from 0; decided once its headers are read.
    init(
        bodyProgress: @escaping @Sendable (Request) -> Void = { _ in },
        react: @escaping @Sendable (Request, Int) -> Reaction
    ) throws {
        let socket = try LoopbackSocket()
        let log = Log()
        (self.socket, self.log) = (socket, log)
        let descriptor = socket.descriptor
        Thread {
            while case let connection = accept(descriptor, nil, nil), connection >= 0 {
                Self.serve(Connection(connection), log, bodyProgress, react)
            }
            socket.close()
        }.start()
    }

    /// Answers every request alike.
    convenience init(_ status: Int, _ body: String) throws {
        try self.init { _, _ in .answer(status, body) }
    }

    deinit { stop() }

    /// From now on nobody listens here.
    func stop() {
        let wasStopped = isStopped.withLock { stopped in
            defer { stopped = true }
            return stopped
        }
        if !wasStopped { socket.shutDown() }
    }

    private static func serve(
        _ connection: Connection, _ log: Log, _ bodyProgress: (Request) -> Void, _ react: (Request, Int) -> Reaction
    ) {
        guard var request = connection.readHead() else { return }
        let reaction = react(request, log.requests.withLock { $0.count })
        var wanted = Int(request.headers["content-length"] ?? "") ?? 0
        if case .hangUp(let most) = reaction { wanted = min(wanted, most) }
        while request.body.count < wanted {
            bodyProgress(request)
            guard let more = connection.read(min(wanted - request.body.count, 1 << 18)) else { break }
            request.body += more
        }
        log.requests.withLock { $0.append(request) }
        switch reaction {
        case .answer(let status, let body, let headers):
            connection.answer(status, Array(body.utf8), headers, isHead: request.method == "HEAD")
        case .tensors(let json, let bytes, var headers):
            headers["inference-header-content-length"] = String(json.utf8.count)
            connection.answer(200, Array(json.utf8) + bytes, headers, isHead: false)
        case .silence: while connection.read(1) != nil {}
        case .hangUp: break
        }
    }
}

/// A socket on a port of 127.0.0.1, a free one unless told.
struct LoopbackSocket: Sendable {
    let descriptor: Int32
    let port: Int

    /// - Parameter isListening: or merely holding the port, where calls are then refused.
    init(port wanted: Int = 0, isListening: Bool = true) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        // Small, so that what a client has sent and nobody has read yet is little.
        var room: Int32 = 256 << 10
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_port = UInt16(truncatingIfNeeded: wanted).bigEndian
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && (!isListening || listen(descriptor, 16) == 0)
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isReady else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// Whoever waits for connections waits no more, and has to close it: were it closed here, the next socket of another
    /// test could have its number while that thread still accepts.
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func close() {
        #if canImport(Glibc)
            Glibc.close(descriptor)
        #else
            Darwin.close(descriptor)
        #endif
    }
}

/// One accepted connection; closed with its last reference.
private final class Connection {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    func read(_ most: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: most)
        let count = recv(descriptor, &bytes, most, 0)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    func answer(_ status: Int, _ body: [UInt8], _ headers: [String: String], isHead: Bool) {
        let extra = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
        let head =
            "HTTP/1.1 \(status) Answer\r\n\(extra)connection: close\r\ncontent-length: \(body.count)\r\n\r\n"
        write(Array(head.utf8) + (isHead ? [] : body))
    }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// The request line and headers, with as much of the body as came along.
    func readHead() -> LoopbackServer.Request? {
        var bytes: [UInt8] = []
        while true {
            if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let words = lines[0].split(separator: " ").map(String.init)
                guard words.count == 3 else { return nil }
                let headers = lines.dropFirst().compactMap { line in
                    line.firstIndex(of: ":").map { colon in
                        (
                            line[..<colon].lowercased(),
                            line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                        )
                    }
                }
                return .init(
                    method: words[0], target: words[1], headers: Dictionary(headers) { first, _ in first },
                    body: Array(bytes[end.upperBound...]))
            }
            guard let more = read(4096) else { return nil }
            bytes += more
            // A TLS handshake record: what servers say to it in plain text.
            if bytes[0] == 22 {
                write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
                return nil
            }
        }
    }
}

#if !canImport(Glibc)
    private let MSG_NOSIGNAL = 0
#endif
