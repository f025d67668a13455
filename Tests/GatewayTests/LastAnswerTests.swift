import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

/// How a connection ends behind its last answer.
@Suite struct LastAnswerTests {
    private let request = "GET /v2/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private func seconds(_ time: TimeAmount) -> Int64 { time.nanoseconds / 1_000_000_000 }

    @Test func `a peer that does not hang up is let go after the time to linger`() async throws {
        let limits = HTTPLimits()
        let bench = try Bench(try await Workshop(limits: limits))
        let socket = Socket()
        try bench.channel.pipeline.syncOperations.addHandler(socket, position: .first)
        #expect(bench.exchange(request).map(\.status) == [200])
        #expect(socket.isHalfClosed && bench.isOpen)
        bench.channel.embeddedEventLoop.advanceTime(by: limits.lingerTimeout + .seconds(2))
        #expect(!bench.isOpen)
    }

    @Test func `a peer that takes the last answer slowly has its time for the end of it`() async throws {
        let limits = HTTPLimits()
        let bench = try Bench(try await Workshop(limits: limits))
        let socket = Socket()
        try bench.channel.pipeline.syncOperations.addHandler(socket, position: .first)
        socket.isFull = true
        #expect(bench.exchange(request).isEmpty)
        setWritable(bench, false)
        bench.channel.embeddedEventLoop.advanceTime(by: limits.writeTimeout - .seconds(2))
        setWritable(bench, true)
        bench.channel.embeddedEventLoop.advanceTime(by: limits.writeTimeout - .seconds(2))
        #expect(bench.isOpen && !socket.isHalfClosed)
        socket.empty()
        #expect(bench.answers().map(\.status) == [200])
        #expect(socket.isHalfClosed)
    }

    @Test func `what was answered before the peer stopped sending goes out, though more was asked`() async throws {
        let workshop = try await Workshop()
        let bench = try Bench(workshop)
        let neighbour = try Bench(workshop, beside: bench)
        neighbour.begin(Array("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        bench.begin(Array(("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n" + Request.predict("slow")).utf8))
        bench.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(bench.answers().map(\.status) == [200])
        #expect(!bench.isOpen)
        bench.endTurn()
        workshop.runtime.gate.open()
    }

    private func setWritable(_ bench: Bench, _ isWritable: Bool) {
        bench.channel.isWritable = isWritable
        bench.channel.pipeline.fireChannelWritabilityChanged()
    }
}

/// A socket that may take nothing, and that can be closed in one direction.
private final class Socket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var isFull = false
    private(set) var isHalfClosed = false
    private var waiting: [(data: NIOAny, promise: EventLoopPromise<Void>?)] = []
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isFull { waiting.append((data, promise)) } else { context.write(data, promise: promise) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        isHalfClosed = true
        promise?.succeed()
    }

    /// The peer has taken everything.
    func empty() {
        isFull = false
        for (data, promise) in waiting { context?.write(data, promise: promise) }
        waiting = []
        context?.flush()
    }
}
