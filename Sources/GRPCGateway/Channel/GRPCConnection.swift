import Gateway
import HTTP2
import Logging
import NIOCore
import Serving

/// One connection of the gRPC port: calls out of the bytes that come, answers into the bytes that go.
///
/// Predictions are answered here, on the event loop or by the endpoint's own threads; what answers from memory too; what
/// may take its time goes to a task of its own. Answers that are made in one turn of the loop leave in one write.
final class GRPCConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let gateway: GRPCContext
    let loop: GRPCLoop
    let http2: HTTP2Connection
    /// By the slots of HTTP/2's own table.
    var calls: [GRPCCall?] = []
    /// Streams whose bytes wait until their answers have left.
    var held: [StreamReference] = []
    /// What the heads of this connection mean.
    var heads = HeadMemory()
    /// Who asked last.
    var callers = CallerMemory()
    /// What its calls hold of small messages.
    var load = ConnectionLoad()
    var context: ChannelHandlerContext?
    /// Whether bytes are being taken in: who does that flushes afterwards.
    var isReading = false
    var isFlushScheduled = false
    var readIsHeld = false
    var isClosing = false
    /// Bytes that went to the socket, or into its queue.
    var handedOver = 0
    var times: Times
    /// For answers; `nil` behind TLS.
    private var socket: DirectSocket?
    private let isPlain: Bool

    /// When the connection did what; checked once a second.
    struct Times {
        /// When it last sent something, or was last answered.
        var lastRead: NIODeadline
        /// Since when it is in the middle of a header block or its greeting.
        var headSince: NIODeadline?
        var idleSince: NIODeadline?
        /// Since when it has been told to go away without a word of having heard.
        var goingSince: NIODeadline?
        /// How it takes its answers; `nil` while none of them waits.
        var taking: Taking?

        struct Taking {
            let pace: TransferPace
            /// Bytes that it had taken when somebody last looked, and when it is given up unless it takes more.
            var taken: Int
            var deadline: NIODeadline
        }
    }

    /// - Parameter isPlain: whether its bytes are the socket's, with no handler in between.
    init(gateway: GRPCContext, loop: GRPCLoop, isPlain: Bool) {
        self.gateway = gateway
        self.isPlain = isPlain
        self.loop = loop
        self.http2 = HTTP2Connection(limits: gateway.limits.http2)
        self.times = Times(lastRead: loop.eventLoop.now)
    }

    // MARK: the channel's life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin() }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin()
        context.fireChannelActive()
    }

    private func begin() {
        loop.add(self)
        if isPlain, let context { socket = DirectSocket(context) }
        times = Times(lastRead: loop.eventLoop.now)
        if loop.isDraining { closeNow() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        abandon()
        loop.remove(self)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        abandon()
        loop.remove(self)
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        gateway.logger.debug("connection failed", metadata: ["error.message": "\(error)"])
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            // Who sends no more takes no answers either: HTTP/2 has no half-closed connections.
            closeNow()
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        lendMemory()
        let now = loop.eventLoop.now
        times.lastRead = now
        http2.receive(unwrapInboundIn(data), now: now.uptimeNanoseconds)
        isReading = true
        while let event = http2.next() { handle(event) }
        if !held.isEmpty { resumeHeld() }
        isReading = false
        if isClosing {
            flush()
            closeAfterFlush()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        // What it sends waits in the kernel, and then at the sender, until it takes its answers.
        if context.channel.isWritable { context.read() } else { readIsHeld = true }
    }

    private func handle(_ event: HTTP2Event) {
        switch event {
        case .request(let stream, let head, let ends): begin(stream, head, isComplete: ends)
        case .headTooLarge(let stream):
            finish(stream, GRPCStatus(.resourceExhausted, "the metadata is larger than what is taken here"))
        case .data(let stream, let bytes, let ends): take(bytes, on: stream, isComplete: ends)
        case .end(let stream): take(ByteBuffer(), on: stream, isComplete: true)
        case .reset(let stream): giveUp(stream)
        case .failed(let fault):
            gateway.logger.debug(
                "connection ended", metadata: ["http2.code": "\(fault.code)", "error.message": "\(fault.message)"])
            closeAfterFlush()
        case .notHTTP2(let bytes): refuse(bytes)
        }
    }

    // MARK: writing

    /// Makes sure that frames are written into memory of the loop's.
    func lendMemory() {
        guard !http2.hasOutput else { return }
        http2.lend(loop.takeFrames(context?.channel.allocator ?? ByteBufferAllocator()))
    }

    /// Has what was written sent with everything else of this turn.
    func scheduleFlush() {
        guard !isReading, !isFlushScheduled else { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute {
            bound.value.isFlushScheduled = false
            bound.value.flush()
        }
    }

    /// Hands to the socket what is ready.
    func flush() {
        guard let context else { return }
        if http2.hasOutput {
            let (ready, last) = http2.takeOutput()
            for buffer in ready where buffer.readableBytes > 0 { write(buffer, context) }
            // Nothing before it waits for the flush.
            let rest = ready.isEmpty ? send(last, context) : last
            if let rest, rest.readableBytes > 0 { write(rest, context) }
            if rest != nil { context.flush() }
            loop.giveBack(frames: last)
        }
        if !isClosing, http2.isDrained { closeAfterFlush() }
    }

    /// Past the channel where that goes; gives what has to be written to it.
    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) -> ByteBuffer? {
        guard socket != nil else { return bytes }
        let rest = socket?.send(bytes, on: context.channel)
        handedOver &+= bytes.readableBytes - (rest?.readableBytes ?? 0)
        return rest
    }

    func write(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        handedOver &+= buffer.readableBytes
        socket?.queued()
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, readIsHeld {
            readIsHeld = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }
}
