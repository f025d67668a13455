import Foundation
import NIOCore
import NIOPosix

/// One answer as it came over the wire.
struct WireAnswer: Sendable {
    var status: Int
    var fields: [(name: String, value: String)]
    var body: [UInt8]

    subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) }

    func object() throws -> [String: Any] { try json() as? [String: Any] ?? [:] }

    /// Takes answers off the front of `bytes`; those that are not whole stay.
    static func take(_ bytes: inout [UInt8], isHead: Bool = false) -> [WireAnswer] {
        var answers: [WireAnswer] = []
        while let answer = takeOne(&bytes, isHead: isHead) { answers.append(answer) }
        return answers
    }

    private static func takeOne(_ bytes: inout [UInt8], isHead: Bool) -> WireAnswer? {
        let end = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4,
            let headEnd = (0...(bytes.count - 4)).first(where: { Array(bytes[$0..<($0 + 4)]) == end })
        else { return nil }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).components(separatedBy: "\r\n")
        var answer = WireAnswer(status: 0, fields: [], body: [])
        answer.status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            answer.fields.append(
                (line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)))
        }
        let length = isHead ? 0 : answer["content-length"].flatMap { Int($0) } ?? 0
        guard bytes.count >= headEnd + 4 + length else { return nil }
        answer.body = Array(bytes[(headEnd + 4)..<(headEnd + 4 + length)])
        bytes.removeFirst(headEnd + 4 + length)
        return answer
    }
}

/// A client that sends exactly the bytes it is told to.
struct Wire {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Connects, calls `body`, and closes.
    static func connect<Value: Sendable>(
        _ address: SocketAddress, _ body: (inout Session) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(to: address) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var session = Session(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&session)
        }
    }

    struct Session {
        var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private var received: [UInt8] = []
        private var ready: [WireAnswer] = []

        init(
            inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        ) {
            self.inbound = inbound
            self.outbound = outbound
        }

        func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
        func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }
        func finish() { outbound.finish() }

        /// The next answer; `nil` when the server closed the connection.
        mutating func answer(isHead: Bool = false) async throws -> WireAnswer? {
            while ready.isEmpty {
                guard let piece = try await inbound.next() else { return nil }
                received += Array(piece.readableBytesView)
                ready = WireAnswer.take(&received, isHead: isHead)
            }
            return ready.removeFirst()
        }

        /// Sends one request and waits for its answer.
        mutating func ask(
            _ method: String, _ path: String, _ body: String = "", fields: [String] = []
        ) async throws -> WireAnswer {
            try await ask(method, path, Array(body.utf8), fields: fields)
        }

        mutating func ask(
            _ method: String, _ path: String, _ body: [UInt8], fields: [String] = []
        ) async throws -> WireAnswer {
            try await send(Array(Request.text(method, path, length: body.count, fields: fields).utf8) + body)
            guard let answer = try await answer(isHead: method == "HEAD") else { throw ChannelError.eof }
            return answer
        }
    }
}

enum Request {
    static func text(_ method: String, _ path: String, length: Int = 0, fields: [String] = []) -> String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: test"]
        if length > 0 { lines.append("Content-Length: \(length)") }
        return (lines + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    static func predict(_ endpoint: String, _ body: String = Self.body, fields: [String] = []) -> String {
        text("POST", "/v2/models/\(endpoint)/infer", length: body.utf8.count, fields: fields) + body
    }

    static let body =
        #"{"id":"7","inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1.5,-2]}]}"#
}
