import NIOCore
import Synchronization

/// Stops accepting connections at a bound; those beyond wait in the kernel's queue until others end.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias OutboundIn = Never

    /// The connections of all listeners together.
    final class Counter: Sendable {
        let limit: Int
        private let open = Atomic<Int>(0)

        init(limit: Int) {
            self.limit = limit
        }

        var isFull: Bool { open.load(ordering: .relaxed) >= limit }
        func opened() { open.wrappingAdd(1, ordering: .relaxed) }
        func closed() { open.wrappingSubtract(1, ordering: .relaxed) }
    }

    private let counter: Counter
    private var readIsHeld = false

    init(_ counter: Counter) {
        self.counter = counter
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let child = unwrapInboundIn(data)
        counter.opened()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let counter = counter
        child.closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            counter.closed()
            let (gate, context) = bound.value
            gate.resume(context)
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        if counter.isFull { readIsHeld = true } else { context.read() }
    }

    private func resume(_ context: ChannelHandlerContext) {
        guard readIsHeld, !counter.isFull else { return }
        readIsHeld = false
        context.read()
    }
}
