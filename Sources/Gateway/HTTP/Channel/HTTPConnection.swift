import Identity
import Logging
import NIOCore
import Serving

/// One HTTP/1.1 connection: takes requests out of the bytes that come, one at a time and in order, and sends the answers.
///
/// Predictions are answered here, on the event loop or by the endpoint's own threads; what answers from memory too;
/// management goes to a task of its own. While an answer is under way further requests stay bytes, and beyond a bound
/// the socket is not read.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the larger ones carry is in a box of its own: the phase is looked at many times a request, and copied each time.
    enum Phase {
        /// Between requests, or inside the headers of one.
        case head
        /// The caller's token is being checked; the head, of these many bytes, is still in the buffer.
        case authenticating(headLength: Int)
        /// Collecting the body of a request that is answered here.
        indirect case body(Exchange, BodyReader)
        /// The answer is sent; what is left of a small refused body is thrown away.
        indirect case discard(BodyReader)
        /// Handing the body on to a management task.
        indirect case streaming(Exchange, ManagementCall, BodyReader)
        /// A management task has the whole request.
        indirect case managing(Exchange, ManagementCall)
        /// A management task makes the answer's body while it is sent.
        indirect case pouring(Pouring)
        /// An endpoint's thread has the request.
        indirect case computing(Exchange)
        /// The last answer is sent; the peer gets a moment to read it.
        case lingering
        case closed
    }

    /// One request on its way to its answer.
    struct Exchange {
        var match: RouteMatch
        var caller: Caller
        var form: AnswerForm
        var endpoint: Endpoint?
        var headers = PredictionHeaders()
        var bodyLimit: Int
        /// What has come of a body that did not come in one piece.
        var body: ByteBuffer?
        /// What a large body takes of the memory that there is for all of them.
        var share: BodyShare?
        var ticket: PredictionTicket?

        var asker: Asker { Asker(prediction: form.predictionID, caller: caller, trace: headers.trace) }
    }

    /// A caller who may ask for something: said once, it holds for as long as access has the same version.
    final class Admission {
        let caller: Caller
        let version: Int
        /// As the path says.
        let asked: RouteMatch
        /// With the space that is meant.
        let match: RouteMatch

        init(caller: Caller, version: Int, asked: RouteMatch, match: RouteMatch) {
            self.caller = caller
            self.version = version
            self.asked = asked
            self.match = match
        }
    }

    let gateway: GatewayContext
    let loop: LoopContext
    var phase = Phase.head
    /// What has come and is not yet part of a request.
    var buffer = ByteBuffer()
    /// Answers that are not yet handed to the socket.
    var output: ByteBuffer?
    var parser: RequestHeadParser
    /// The last target of this connection and what it meant: clients ask for the same thing again and again.
    var lastTarget: [UInt8] = []
    var lastMethod = HTTPMethod.other
    var lastMatch: RouteMatch?
    /// The endpoint that was asked last, what was asked (with the space that was meant), and the data plane's edition of
    /// then.
    var lastEndpoint: (match: RouteMatch, endpoint: Endpoint, edition: Int)?
    /// Who asked last, and what they were let through to.
    var callers = CallerMemory()
    var lastAdmission: Admission?
    var context: ChannelHandlerContext?
    var inputClosed = false
    var outputClosed = false
    var closesAfterFlush = false
    var hasUnflushed = false
    var readIsHeld = false
    /// Whether the management task has more of a body than it has asked for.
    var bodyIsPaused = false
    var isHeadTimed = false
    /// Of the body that is coming; `nil` between bodies, and while one waits for us.
    var pace: TransferPace?
    /// Of the body that is coming, until its request takes it over.
    var share: BodyShare?
    var isProcessing = false
    /// When the connection is given up unless something happens first.
    var deadline = NIODeadline.distantFuture
    /// Whether it has fallen idle since somebody last looked; its deadline counts from the next look.
    var isFreshlyIdle = false
    var writeDeadline = NIODeadline.distantFuture
    /// How the peer takes the answer, while the kernel does not take all of it at once.
    var taking: AnswerTaking?
    /// For answers; `nil` behind TLS.
    private var socket: DirectSocket?
    private let isPlain: Bool

    struct AnswerTaking {
        let pace: TransferPace
        /// Bytes of the answer that the kernel had not taken when somebody first looked, and when somebody last did.
        let unsentBefore: Int
        var unsent: Int
    }

    /// - Parameter isPlain: whether its bytes are the socket's, with no handler in between.
    init(gateway: GatewayContext, loop: LoopContext, isPlain: Bool) {
        self.gateway = gateway
        self.loop = loop
        self.isPlain = isPlain
        self.parser = RequestHeadParser(limits: gateway.limits)
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
        deadline = loop.eventLoop.now + gateway.limits.idleTimeout
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
            inputClosed = true
            endOfInput()
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        switch phase {
        case .lingering, .closed: return
        default: break
        }
        if buffer.readableBytes == 0 {
            buffer = incoming
        } else {
            makeRoom()
            buffer.writeBuffer(&incoming)
        }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if output == nil { flush() } else { loop.flushSoon(self) }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if holdsReads { readIsHeld = true } else { context.read() }
    }

    /// Whether the socket is left alone, so that what it sends waits in the kernel, and then at the sender.
    private var holdsReads: Bool {
        switch phase {
        case .computing, .managing, .pouring, .authenticating: buffer.readableBytes >= gateway.limits.readAhead
        case .streaming: bodyIsPaused
        case .head: writeDeadline != .distantFuture && buffer.readableBytes >= gateway.limits.readAhead
        case .body, .discard, .lingering, .closed: false
        }
    }

    func resumeReading() {
        guard readIsHeld, !holdsReads else { return }
        readIsHeld = false
        context?.read()
    }

    /// Makes room behind what is there. A body of known length gets a buffer in which it need not move again: all of it
    /// once a fair share has come (a length alone costs no memory), and its binary tensors aligned for their elements,
    /// so that the model reads them where they are.
    private func makeRoom() {
        guard case .body(let exchange, let reader) = phase, let length = reader.remaining else {
            // What was taken from the front: else a connection that never stops in between would keep all it ever sent.
            buffer.discardReadBytes()
            return
        }
        let missing = length - buffer.readableBytes
        let affordable = max(1 << 20, buffer.readableBytes.multipliedReportingOverflow(by: 4).partialValue)
        // Memory comes at multiples of 16; so does the first byte behind the JSON.
        let start = (0 &- (exchange.headers.inferenceLength ?? 0)) & 15
        if buffer.readerIndex != start, let allocator = context?.channel.allocator {
            var aligned = allocator.buffer(capacity: start + buffer.readableBytes + min(missing, affordable))
            aligned.moveWriterIndex(to: start)
            aligned.moveReaderIndex(to: start)
            aligned.writeBuffer(&buffer)
            buffer = aligned
        } else if missing > buffer.writableBytes {
            buffer.reserveCapacity(minimumWritableBytes: min(missing, affordable))
        }
    }

    // MARK: the loop over requests

    /// Does all that can be done with what has come.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while step() {
            if let output, output.readableBytes > 64 << 10 { flush() }
        }
        if buffer.readableBytes == 0 { buffer = loop.nothing }
        // Of a connection that stays open after its answer, a drain would otherwise hear no more.
        if loop.isDraining, case .head = phase, buffer.readableBytes == 0 { closesAfterFlush = true }
        setDeadline()
        if inputClosed { endOfInput() }
    }

    /// One step; false when it takes more bytes, or somebody else, to go on.
    private func step() -> Bool {
        switch phase {
        case .head:
            guard buffer.readableBytes > 0, !closesAfterFlush, writeDeadline == .distantFuture else { return false }
            return readHead()
        case .body(let exchange, let reader): return readBody(exchange, reader)
        case .discard(let reader): return discardBody(reader)
        case .streaming(let exchange, let call, let reader): return streamBody(exchange, call, reader)
        case .managing, .pouring, .computing, .authenticating, .lingering, .closed: return false
        }
    }

    /// The peer will send no more.
    private func endOfInput() {
        switch phase {
        case .closed, .managing, .pouring: return
        case .computing, .authenticating, .body, .discard, .streaming:
            // Answers to what was asked before go out; nobody waits for the rest.
            flush()
            closeNow()
        case .lingering: if outputClosed { closeNow() }
        case .head:
            // What waits behind an answer that the peer has not taken yet is answered first.
            guard buffer.readableBytes == 0 || writeDeadline == .distantFuture else { return }
            closesAfterFlush = true
            // Whoever processes flushes afterwards.
            if !isProcessing { flush() }
        }
    }

    // MARK: writing

    /// Where answers are put together.
    func takeOutput() -> ByteBuffer {
        if let output {
            self.output = nil
            return output
        }
        return loop.takeBuffer(context?.channel.allocator ?? ByteBufferAllocator())
    }

    /// Hands to the socket what is ready.
    func flush() {
        guard let context else { return }
        if let ready = output {
            output = nil
            if let rest = hasUnflushed ? ready : send(ready, context) {
                queue(rest, context)
                hasUnflushed = false
                context.flush()
            }
            loop.giveBack(ready)
        } else if hasUnflushed {
            hasUnflushed = false
            context.flush()
        }
        if closesAfterFlush { linger() }
    }

    /// Past the channel where that goes; gives what has to be written to it.
    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) -> ByteBuffer? {
        socket == nil ? bytes : socket?.send(bytes, on: context.channel)
    }

    /// To the channel's own queue, which somebody has to flush.
    func queue(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        socket?.queued()
        hasUnflushed = true
        context.write(wrapOutboundOut(bytes), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            writeDeadline = .distantFuture
            taking = nil
            // The end of the last answer is still to be taken.
            if case .lingering = phase, !outputClosed { deadline = loop.eventLoop.now + gateway.limits.writeTimeout }
            // While nothing was read on, the peer could not go on: its time begins anew.
            isHeadTimed = false
            pace = nil
            pourOn()
            process()
            flush()
            resumeReading()
        } else {
            taking = nil
            writeDeadline = loop.eventLoop.now + gateway.limits.writeTimeout
        }
        context.fireChannelWritabilityChanged()
    }
}
