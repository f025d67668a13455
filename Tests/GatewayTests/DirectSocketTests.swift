import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import Testing

@testable import Gateway

@Suite struct DirectSocketTests {
    /// How many pieces went which way.
    private final class Ways: Sendable {
        let direct = Atomic(0)
        let queued = Atomic(0)
    }

    /// Sends numbered pieces as a connection does: past the channel while that goes, else through it.
    private final class Sender: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var socket: DirectSocket?
        private var sizes: [Int]
        private var sent = 0
        private var byte: UInt8 = 0
        private let ways: Ways

        init(sizes: [Int], ways: Ways) {
            self.sizes = sizes
            self.ways = ways
        }

        func channelActive(context: ChannelHandlerContext) {
            socket = DirectSocket(context)
            sendOn(context)
        }

        /// A few at a time, so that the peer reads in between and the queue empties and fills again.
        private func sendOn(_ context: ChannelHandlerContext) {
            for size in sizes.dropFirst(sent).prefix(7) {
                let bytes = ByteBuffer(bytes: (0..<size).map { _ in next() })
                sent += 1
                guard let rest = socket?.send(bytes, on: context.channel) else {
                    ways.direct.add(1, ordering: .relaxed)
                    continue
                }
                ways.queued.add(1, ordering: .relaxed)
                socket?.queued()
                context.writeAndFlush(wrapOutboundOut(rest), promise: nil)
            }
            guard sent < sizes.count else {
                // Behind everything that is queued.
                return context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
                    context.close(promise: nil)
                }
            }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(1)) { bound.value.0.sendOn(bound.value.1) }
        }

        private func next() -> UInt8 {
            byte = byte &* 5 &+ 17
            return byte
        }
    }

    /// Takes its time, and keeps what it gets.
    private final class Receiver: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let done: EventLoopPromise<[UInt8]>
        private var bytes: [UInt8] = []

        init(_ done: EventLoopPromise<[UInt8]>) { self.done = done }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += unwrapInboundIn(data).readableBytesView
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(1)) { bound.value.read() }
        }

        func channelInactive(context: ChannelHandlerContext) { done.succeed(bytes) }
    }

    @Test(arguments: [
        [100], [1, 0, 70_000, 3], Array(repeating: 300_000, count: 12), Array(repeating: 90, count: 3000),
    ])
    func `whatever the kernel takes, the peer gets all of it and in order`(sizes: [Int]) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let ways = Ways()
        let done = group.next().makePromise(of: [UInt8].self)
        let server = try await ServerBootstrap(group: group)
            .childChannelOption(.socketOption(.so_sndbuf), value: 50_000)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Sender(sizes: sizes, ways: ways))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        _ = try await ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.so_rcvbuf), value: 20_000)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Receiver(done))
                    let bound = NIOLoopBound(channel.pipeline, eventLoop: channel.eventLoop)
                    channel.eventLoop.execute { bound.value.read() }
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let got = try await done.futureResult.get()
        var byte: UInt8 = 0
        let expected = (0..<sizes.reduce(0, +)).map { _ in
            byte = byte &* 5 &+ 17
            return byte
        }
        #expect(got.count == expected.count && got == expected)
        let (direct, queued) = (ways.direct.load(ordering: .relaxed), ways.queued.load(ordering: .relaxed))
        #expect(direct + queued == sizes.count)
        #expect(direct > 0 || sizes.contains { $0 > 50_000 })
        // More than the kernel has room for.
        #expect(queued > 0 || expected.count < 1_000_000)
        try await server.close()
        try await group.shutdownGracefully()
    }

    @Test func `a channel without a socket has none`() throws {
        final class Looker: ChannelInboundHandler {
            typealias InboundIn = ByteBuffer
            var found = true
            func channelActive(context: ChannelHandlerContext) { found = DirectSocket(context) != nil }
        }
        let looker = Looker()
        let channel = EmbeddedChannel(handler: looker)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        #expect(!looker.found)
        _ = try channel.finish()
    }
}
