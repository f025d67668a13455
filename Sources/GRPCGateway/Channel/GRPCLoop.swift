import Gateway
import NIOCore
import Serving

/// What the gRPC connections of one event loop share. Used on that loop only, so nothing in it is locked.
final class GRPCLoop {
    /// Memory beyond this is not kept for the next answer.
    private static let kept = 64 << 10

    let eventLoop: any EventLoop
    private(set) var isDraining = false
    private var predictionIDs = PredictionIDSource()
    private var connections: [ObjectIdentifier: GRPCConnection] = [:]
    private var sweep: RepeatedTask?
    private var emptied: EventLoopPromise<Void>?
    /// Memory for frames and for messages, handed from one connection to the next.
    private var frames: ByteBuffer?
    private var message: ByteBuffer?

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// A context for `eventLoop`, made off it; from then on it is used on it only.
    static func make(on eventLoop: any EventLoop) -> NIOLoopBoundBox<GRPCLoop> {
        NIOLoopBoundBox.makeBoxSendingValue(GRPCLoop(eventLoop: eventLoop), eventLoop: eventLoop)
    }

    func nextPredictionID() -> PredictionID { predictionIDs.next() }

    // MARK: connections

    func add(_ connection: GRPCConnection) {
        connections[ObjectIdentifier(connection)] = connection
        guard sweep == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        sweep = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.lookAfterConnections()
        }
    }

    func remove(_ connection: GRPCConnection) {
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        sweep?.cancel()
        sweep = nil
        emptied?.succeed()
        emptied = nil
    }

    private func lookAfterConnections() {
        let now = eventLoop.now
        for connection in connections.values { connection.lookAfter(now) }
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

    // MARK: memory

    func takeFrames(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = frames else { return allocator.buffer(capacity: 1024) }
        frames = nil
        buffer.clear(minimumCapacity: 1024)
        return buffer
    }

    func giveBack(frames buffer: ByteBuffer) {
        if buffer.capacity <= Self.kept { frames = buffer }
    }

    func takeMessage(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = message else { return allocator.buffer(capacity: 1024) }
        message = nil
        buffer.clear(minimumCapacity: 1024)
        return buffer
    }

    func giveBack(message buffer: ByteBuffer) {
        if buffer.capacity <= Self.kept { message = buffer }
    }
}
