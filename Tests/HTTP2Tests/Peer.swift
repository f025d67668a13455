import NIOCore

@testable import HTTP2

/// A client's side of a connection, as raw as a test wants it: it writes frames, and reads those that come back.
final class Peer {
    /// A frame as it came.
    struct Frame: Equatable {
        var kind: UInt8
        var flags: UInt8
        var stream: UInt32
        var payload: [UInt8]

        /// The error code of RST_STREAM and GOAWAY.
        var code: HTTP2ErrorCode? {
            let bytes = kind == FrameKind.goAway ? payload.dropFirst(4).prefix(4) : payload.prefix(4)
            return HTTP2ErrorCode(rawValue: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        }
    }

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    var connection: HTTP2Connection
    var events: [HTTP2Event] = []
    /// Nanoseconds.
    var now: UInt64 = 1_000_000_000

    /// A connection that has greeted, and whose greeting is read.
    init(limits: HTTP2Limits = HTTP2Limits(), greets: Bool = true) {
        connection = HTTP2Connection(limits: limits)
        guard greets else { return }
        send(Self.preface + Self.frame(FrameKind.settings))
        _ = frames()
    }

    static func frame(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        var bytes = Array(number(UInt32(payload.count)).dropFirst())
        bytes += [kind, flags]
        bytes += number(stream)
        bytes += payload
        return bytes
    }

    static func number(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    /// A header block of literals.
    static func block(_ lines: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in lines {
            bytes += [0, UInt8(name.utf8.count)]
            bytes += Array(name.utf8)
            bytes.append(UInt8(value.utf8.count))
            bytes += Array(value.utf8)
        }
        return bytes
    }

    static let get = block([(":method", "GET"), (":scheme", "http"), (":path", "/")])
    static let post = block([(":method", "POST"), (":scheme", "http"), (":path", "/a")])

    static func headers(_ stream: UInt32, _ block: [UInt8] = post, ends: Bool = false) -> [UInt8] {
        frame(FrameKind.headers, flags: FrameFlag.endHeaders | (ends ? FrameFlag.endStream : 0), stream: stream, block)
    }

    static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = false) -> [UInt8] {
        frame(FrameKind.data, flags: ends ? FrameFlag.endStream : 0, stream: stream, bytes)
    }

    static func widen(_ stream: UInt32, by count: UInt32) -> [UInt8] {
        frame(FrameKind.windowUpdate, stream: stream, number(count))
    }

    static func setting(_ identifier: UInt16, _ value: UInt32) -> [UInt8] {
        frame(FrameKind.settings, [UInt8(identifier >> 8), UInt8(identifier & 255)] + number(value))
    }

    func send(_ bytes: [UInt8]) {
        connection.receive(ByteBuffer(bytes: bytes), now: now)
        while let event = connection.next() { events.append(event) }
    }

    /// The frames that came back since the last time.
    func frames() -> [Frame] {
        let (ready, last) = connection.takeOutput()
        var bytes = ByteBuffer()
        for buffer in ready + [last] { bytes.writeImmutableBuffer(buffer) }
        var frames: [Frame] = []
        while let head = FrameHead(bytes) {
            bytes.moveReaderIndex(forwardBy: FrameHead.length)
            frames.append(
                Frame(
                    kind: head.kind, flags: head.flags, stream: head.stream,
                    payload: bytes.readBytes(length: head.length) ?? []))
        }
        return frames
    }

    /// What happened, in words.
    func story() -> [String] {
        defer { events = [] }
        return events.map { event in
            switch event {
            case .request(let stream, let head, let ends):
                "\(head.method) \(head.path) on \(stream.id)\(ends ? ", all" : "")"
            case .headTooLarge(let stream): "too large a head on \(stream.id)"
            case .data(let stream, let bytes, let ends):
                "\(bytes.readableBytes) bytes on \(stream.id)\(ends ? ", all" : "")"
            case .end(let stream): "end of \(stream.id)"
            case .reset(let stream): "reset of \(stream.id)"
            case .failed(let fault): "failed: \(fault.code)"
            case .notHTTP2: "not HTTP/2"
            }
        }
    }

    /// The stream of the last request.
    func stream() -> StreamReference? {
        for event in events.reversed() {
            if case .request(let stream, _, _) = event { return stream }
        }
        return nil
    }
}
