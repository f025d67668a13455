package import NIOCore

/// The server's side of one HTTP/2 connection (RFC 9113), without a socket: bytes go in and events come out, answers go
/// in and bytes come out.
///
///     connection.receive(bytes, now: clock)
///     while let event = connection.next() { ... connection.sendHead(on: stream) { ... } ... }
///     for buffer in connection.takeOutput() { socket.write(buffer) }
///
/// Faults of the peer's are answered here: those of a stream with RST_STREAM, those of the connection with GOAWAY.
///
/// A reference, used on one thread at a time: as a value it was copied, with all it refers to, at each question that another
/// room asked of it.
package final class HTTP2Connection {
    enum Phase {
        case preface
        /// Waiting for the peer's first frame, which must be SETTINGS.
        case settings
        case frames
        /// Inside a DATA frame.
        case data(DataFrame)
        /// Inside a frame that nobody reads: bytes left of it.
        case skipping(Int)
        case closed
    }

    /// A DATA frame that has not all come.
    struct DataFrame {
        var stream: StreamReference
        /// Bytes of payload, and of padding behind it.
        var payload: Int
        var padding: Int
        var endsStream: Bool
    }

    /// A header block that is not complete.
    struct PartialBlock {
        var stream: UInt32
        var endsStream: Bool
        var bytes: ByteBuffer
        var frames = 1
    }

    let limits: HTTP2Limits
    var phase = Phase.preface
    /// What has come and is not yet read.
    var input = ByteBuffer()
    /// Nanoseconds, when it came.
    var now: UInt64 = 0
    var block: PartialBlock?
    var decoder: HeaderDecoder
    var heads = HeadCache()
    var streams = StreamTable()
    /// The largest stream that the peer has opened.
    var lastStream: UInt32 = 0
    /// The streams that we ended last while the peer may still have been sending.
    var abandoned: [UInt32] = []
    var nextAbandoned = 0
    var peer = PeerSettings()
    /// Bytes that we may still send on all streams, and that the peer may still send.
    var sendWindow = 65_535
    var receiveWindow: Int
    /// Bytes of answers that wait for the peer's windows.
    package internal(set) var unsentBytes = 0
    var floods: FloodGuard
    var output = FrameOutput()
    var drain = Drain.none

    /// - Parameter buffer: memory for the first frames.
    package init(limits: HTTP2Limits, buffer: ByteBuffer = ByteBuffer()) {
        self.limits = limits
        self.decoder = HeaderDecoder(
            tableSize: limits.headerTableBytes, listLimit: limits.headerListBytes, lineLimit: limits.headerLines)
        self.receiveWindow = limits.connectionWindow
        self.floods = FloodGuard(limits.budgets)
        output.lend(buffer)
        greet()
    }

    private func greet() {
        output.writeSettings([
            (PeerSettings.Identifier.headerTableSize, UInt32(clamping: limits.headerTableBytes)),
            (PeerSettings.Identifier.maxConcurrentStreams, UInt32(clamping: limits.concurrentStreams)),
            (PeerSettings.Identifier.initialWindowSize, UInt32(clamping: limits.streamWindow)),
            (PeerSettings.Identifier.maxFrameSize, UInt32(clamping: limits.frameBytes)),
            (PeerSettings.Identifier.maxHeaderListSize, UInt32(clamping: limits.headerListBytes)),
        ])
        // The connection's window cannot be set, only widened.
        if limits.connectionWindow > 65_535 {
            output.writeWindowUpdate(stream: 0, by: limits.connectionWindow - 65_535)
        }
    }

    // MARK: what the owner may ask

    /// Streams that are open.
    package var openStreams: Int { streams.count }

    /// Whether the stream is still open.
    package func isOpen(_ stream: StreamReference) -> Bool { streams.holds(stream) }

    /// Bytes of this stream's answer that wait for the peer's window.
    package func unsentBytes(on stream: StreamReference) -> Int {
        guard streams.holds(stream) else { return 0 }
        return streams[stream.slot].unsent.reduce(0) { $0 + $1.readableBytes }
    }

    /// Whether the peer has yet to say who it is.
    package var isGreeting: Bool {
        switch phase {
        case .preface, .settings: true
        case .frames, .data, .skipping, .closed: false
        }
    }

    /// Whether the peer is in the middle of a header block, or of a frame that is no body.
    package var isInsideHead: Bool {
        switch phase {
        case .frames, .settings: input.readableBytes > 0 || block != nil
        case .preface, .data, .skipping, .closed: false
        }
    }

    /// The stream in that slot of the table, when there is one.
    package func stream(_ slot: Int) -> StreamReference? {
        streams.slots.contains(slot) ? streams.reference(slot) : nil
    }

    // MARK: bytes

    /// Takes what the socket brought. Call `next` until it has no more to tell.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    package func receive(_ bytes: ByteBuffer, now: UInt64) {
        self.now = now
        if case .closed = phase { return }
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.discardReadBytes()
            input.writeImmutableBuffer(bytes)
        }
    }

    /// The next event; `nil` when it takes more bytes to tell one.
    package func next() -> HTTP2Event? {
        do throws(HTTP2Fault) {
            while true {
                switch try step() {
                case .event(let event): return event
                case .goOn: continue
                case .needsMore:
                    // Else the slice would keep the socket's memory from being used again.
                    if input.readableBytes == 0 { input = ByteBuffer() }
                    return nil
                }
            }
        } catch {
            return .failed(fail(error))
        }
    }

    enum Step {
        case event(HTTP2Event)
        case goOn
        case needsMore
    }

    private func step() throws(HTTP2Fault) -> Step {
        switch phase {
        case .preface: return readPreface()
        case .settings, .frames: return try readFrame()
        case .data(let frame): return try readData(frame)
        case .skipping(let count):
            let available = min(count, input.readableBytes)
            input.moveReaderIndex(forwardBy: available)
            phase = available == count ? .frames : .skipping(count - available)
            return available == count ? .goOn : .needsMore
        case .closed: return .needsMore
        }
    }

    /// Ends the connection with a GOAWAY.
    func fail(_ fault: HTTP2Fault) -> HTTP2Fault {
        if case .closed = phase { return fault }
        output.writeGoAway(lastStream: lastStream, fault.code, fault.message)
        close()
        return fault
    }

    func close() {
        phase = .closed
        input = ByteBuffer()
        block = nil
    }

    /// Memory for frames to come, when there is none.
    package func lend(_ buffer: ByteBuffer) { output.lend(buffer) }

    package var hasOutput: Bool { !output.isEmpty }

    /// All that is to be sent, in order; `last` may be empty. The memory of `last` may be lent again once it is written.
    package func takeOutput() -> (ready: [ByteBuffer], last: ByteBuffer) { output.take() }
}
