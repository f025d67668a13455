package import NIOCore
import Synchronization

/// Stops accepting connections at a bound; those beyond wait in the kernel's queue until others end.
package final class AcceptGate: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias OutboundIn = Never

    /// The connections of all listeners together.
    package final class Counter: Sendable {
        let limit: Int
        private let open = Atomic<Int>(0)

        package init(limit: Int) {
            self.limit = limit
        }

        var isFull: Bool { open.load(ordering: .relaxed) >= limit }
        func opened() { open.wrappingAdd(1, ordering: .relaxed) }
        func closed() { open.wrappingSubtract(1, ordering: .relaxed) }
    }

    private let counter: Counter
    private var readIsHeld = false

    package init(_ counter: Counter) {
        self.counter = counter
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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

    package func read(context: ChannelHandlerContext) {
        if counter.isFull { readIsHeld = true } else { context.read() }
    }

    private func resume(_ context: ChannelHandlerContext) {
        guard readIsHeld, !counter.isFull else { return }
        readIsHeld = false
        context.read()
    }
}
