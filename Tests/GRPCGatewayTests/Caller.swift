import Gateway
import Governance
import Identity
import InferenceProtobuf
import Logging
import NIOCore
import NIOEmbedded

@testable import GRPCGateway
@testable import HTTP2

/// A client without a socket: it writes the frames of calls, and reads those of answers.
final class Caller: Sendable {
    /// How one call was answered.
    struct Answer {
        var head: [String: String] = [:]
        var messages: [ByteBuffer] = []
        var trailers: [String: String] = [:]
        var resetCode: UInt32?

        var status: Int? { (trailers["grpc-status"] ?? head["grpc-status"]).flatMap { Int($0) } }
        var message: String? { trailers["grpc-message"] ?? head["grpc-message"] }
    }

    let workshop: Workshop
    let channel = NIOAsyncTestingChannel()
    let bodies: BodyBudget
    /// What the connection shares with the others of its event loop.
    private let loop: NIOLoopBoundBox<GRPCLoop>
    private let dam: NIOLoopBoundBox<Dam>

    init(
        limits: GRPCLimits = GRPCLimits(), bodies: BodyBudget = BodyBudget(bytes: .max),
        authority: CallerAuthority = .open(spaces: ["default", "prod"])
    ) async throws {
        self.bodies = bodies
        loop = GRPCLoop.make(on: channel.eventLoop)
        dam = NIOLoopBoundBox.makeBoxSendingValue(Dam(), eventLoop: channel.eventLoop)
        workshop = try await Workshop()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let context = GRPCContext(
            limits: limits, bodies: bodies, dataPlane: workshop.dataPlane,
            authority: authority, services: workshop.services,
            logger: logger)
        let (channel, loop, dam) = (channel, loop, dam)
        try await channel.testingEventLoop.executeInContext {
            try channel.pipeline.syncOperations.addHandlers([
                dam.value, GRPCConnection(gateway: context, loop: loop.value, isPlain: true),
            ])
        }
        try await channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1))
        try await send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Self.frame(FrameKind.settings))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    // MARK: time and the server

    func pass(_ time: TimeAmount) async { await channel.testingEventLoop.advanceTime(by: time) }

    func isConnected() async throws -> Bool {
        let channel = channel
        return try await channel.testingEventLoop.executeInContext { channel.isActive }
    }

    /// The server is to stop.
    func drain() async throws {
        let loop = loop
        try await channel.testingEventLoop.executeInContext { _ = loop.value.drain() }
    }

    /// Whether answers get no further than into the channel, as when nobody reads them.
    func dam(_ isShut: Bool) async throws {
        let (channel, dam) = (channel, dam)
        try await channel.testingEventLoop.executeInContext {
            dam.value.isShut = isShut
            if !isShut { channel.flush() }
        }
    }

    /// Keeps what is written from the socket.
    private final class Dam: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        var isShut = false

        func flush(context: ChannelHandlerContext) {
            if !isShut { context.flush() }
        }
    }

    // MARK: frames

    static func frame(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(payload.count) << 8 | UInt32(kind))
        frame.writeInteger(flags)
        frame.writeInteger(stream)
        return Array(frame.readableBytesView) + payload
    }

    static func call(
        _ stream: UInt32, _ method: String = "inference.GRPCInferenceService/ModelInfer", verb: String = "POST",
        type: String = "application/grpc", metadata: [(StaticString, String)] = []
    ) -> [UInt8] {
        var block = ByteBuffer()
        block.writeHeaderLine(":method", verb)
        block.writeHeaderLine(":scheme", "http")
        block.writeHeaderLine(":path", "/" + method)
        block.writeHeaderLine("content-type", type)
        block.writeHeaderLine("te", "trailers")
        for (name, value) in metadata { block.writeHeaderLine(name, value) }
        return frame(FrameKind.headers, flags: FrameFlag.endHeaders, stream: stream, Array(block.readableBytesView))
    }

    static func data(_ stream: UInt32, _ messages: [ByteBuffer], ends: Bool = true) -> [UInt8] {
        var bytes = ByteBuffer()
        for message in messages { bytes.writeMessage { $0.writeImmutableBuffer(message) } }
        return frame(
            FrameKind.data, flags: ends ? FrameFlag.endStream : 0, stream: stream, Array(bytes.readableBytesView))
    }

    /// A `ModelInferRequest` of rows of two numbers.
    static func request(_ endpoint: String = "fast", id: String = "7", rows: Int = 1) -> ByteBuffer {
        var message = ProtobufBuilder()
        message.string(1, endpoint)
        message.string(3, id)
        message.message(5) { input in
            input.string(1, "x")
            input.string(2, "FP32")
            input.packed(3, [rows, 2])
        }
        message.bytes(7, ByteBuffer(repeating: 1, count: rows * 8))
        return message.bytes
    }

    /// How a PING is answered that asks whether the peer has heard of the end.
    static let heard: [UInt8] = withUnsafeBytes(of: HTTP2Connection.Drain.mark.bigEndian) {
        frame(FrameKind.ping, flags: FrameFlag.acknowledge, Array($0))
    }

    static func reset(_ stream: UInt32) -> [UInt8] { frame(FrameKind.reset, stream: stream, [0, 0, 0, 8]) }

    // MARK: answers

    /// The kinds of all frames that have come back and that nobody has read yet.
    func kinds() async throws -> [UInt8] {
        var bytes = ByteBuffer()
        while let buffer = try await channel.readOutbound(as: ByteBuffer.self) { bytes.writeImmutableBuffer(buffer) }
        var kinds: [UInt8] = []
        while let head = FrameHead(bytes) {
            bytes.moveReaderIndex(forwardBy: FrameHead.length + head.length)
            kinds.append(head.kind)
        }
        return kinds
    }

    /// Waits until `streams` are over, and says how each was answered.
    func answers(_ streams: UInt32...) async throws -> [Answer] {
        var open = Set(streams)
        var answers: [UInt32: Answer] = [:]
        var bodies: [UInt32: MessageReader] = [:]
        var decoder = HeaderDecoder(tableSize: 4096, listLimit: 1 << 16, lineLimit: 100)
        var bytes = ByteBuffer()
        while !open.isEmpty {
            bytes.writeImmutableBuffer(try await channel.waitForOutboundWrite(as: ByteBuffer.self))
            while let head = FrameHead(bytes), bytes.readableBytes >= FrameHead.length + head.length {
                bytes.moveReaderIndex(forwardBy: FrameHead.length)
                let payload = bytes.readSlice(length: head.length) ?? ByteBuffer()
                var answer = answers[head.stream] ?? Answer()
                switch head.kind {
                case FrameKind.headers:
                    let lines = try Self.lines(payload, &decoder)
                    if answer.head.isEmpty { answer.head = lines } else { answer.trailers = lines }
                case FrameKind.data:
                    bodies[head.stream, default: MessageReader()].add(payload)
                    while let message = try bodies[head.stream]?.next(small: .max, limit: { .max }) {
                        answer.messages.append(message.bytes)
                    }
                case FrameKind.reset: answer.resetCode = payload.getInteger(at: payload.readerIndex, as: UInt32.self)
                default: break
                }
                answers[head.stream] = answer
                if head.kind != FrameKind.data, head.has(FrameFlag.endStream) || head.kind == FrameKind.reset {
                    open.remove(head.stream)
                }
            }
        }
        return streams.map { answers[$0] ?? Answer() }
    }

    private static func lines(_ block: ByteBuffer, _ decoder: inout HeaderDecoder) throws -> [String: String] {
        let list = try block.withUnsafeReadableBytes { bytes in try decoder.decode(bytes) }
        var lines: [String: String] = [:]
        for index in 0..<(list?.count ?? 0) {
            guard let list else { break }
            lines[String(decoding: list.name(index), as: UTF8.self)] = String(
                decoding: list.value(index), as: UTF8.self)
        }
        return lines
    }
}
