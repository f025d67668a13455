import NIOCore
import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the connections of one event loop share. Used on that loop only, so nothing in it is locked.
final class LoopContext {
    let eventLoop: any EventLoop
    /// Whether connections are to end as soon as they have nothing under way.
    private(set) var isDraining = false
    /// An empty buffer of this loop's own: all those that are made as `ByteBuffer()` share one object, and each loop that
    /// counts its users takes it away from the others' processors.
    let nothing = ByteBufferAllocator().buffer(capacity: 16)
    /// Memory for answers, handed from one connection to the next while the kernel took the last one whole.
    private var spares: [ByteBuffer] = []
    /// Connections with answers that are handed to their sockets together.
    private var ready: [HTTPConnection] = []
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var sweep: RepeatedTask?
    private var emptied: EventLoopPromise<Void>?
    private var dateSecond = -1
    private var date: [UInt8] = []
    private var predictionIDs = PredictionIDSource()

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// A context for `eventLoop`, made off it; from then on it is used on it only.
    static func make(on eventLoop: any EventLoop) -> NIOLoopBoundBox<LoopContext> {
        NIOLoopBoundBox.makeBoxSendingValue(LoopContext(eventLoop: eventLoop), eventLoop: eventLoop)
    }

    // MARK: connections

    func add(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = connection
        guard sweep == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        sweep = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.checkDeadlines()
        }
    }

    func remove(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        sweep?.cancel()
        sweep = nil
        emptied?.succeed()
        emptied = nil
    }

    private func checkDeadlines() {
        let now = eventLoop.now
        for connection in connections.values { connection.checkDeadline(now) }
    }

    /// Ends connections as they fall idle. The future is done when none is left.
    func drain() -> EventLoopFuture<Void> {
        isDraining = true
        for connection in connections.values { connection.drain() }
        guard !connections.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
        let promise = emptied ?? eventLoop.makePromise()
        emptied = promise
        return promise.futureResult
    }

    func closeAll() {
        for connection in connections.values { connection.closeNow() }
    }

    // MARK: what answers are made of

    func nextPredictionID() -> PredictionID { predictionIDs.next() }

    /// The end of a line, and the one with the date of now: made once a second.
    func dateLine() -> [UInt8] {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_REALTIME_COARSE, &time)
        #else
            clock_gettime(CLOCK_REALTIME, &time)
        #endif
        if Int(time.tv_sec) != dateSecond {
            dateSecond = Int(time.tv_sec)
            date = Array("\r\ndate: \(HTTPDate.text(seconds: dateSecond))\r\n".utf8)
        }
        return date
    }

    func takeBuffer(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = spares.popLast() else { return allocator.buffer(capacity: 1024) }
        buffer.clear(minimumCapacity: 1024)
        return buffer
    }

    func giveBack(_ buffer: ByteBuffer) {
        if buffer.capacity <= 64 << 10, spares.count < Self.together { spares.append(buffer) }
    }

    // MARK: sending

    /// Answers that are made before the first of them is sent: as many short predictions take a small part of a
    /// millisecond.
    private static let together = 8

    /// Sends what the connection has ready with what the same turn of the loop makes ready for others. Whoever waits for
    /// an answer is woken by it, and where that is on this machine, takes the processor away from the requests that are
    /// still to be read: then a turn answers one request and not eight.
    func flushSoon(_ connection: HTTPConnection) {
        // Nobody else could make anything ready.
        if connections.count == 1 { return connection.flush() }
        ready.append(connection)
        if ready.count >= Self.together { return flushReady() }
        guard ready.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.flushReady() }
    }

    private func flushReady() {
        let connections = ready
        ready.removeAll(keepingCapacity: true)
        for connection in connections { connection.flush() }
    }
}
