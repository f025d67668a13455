package import Logging
package import NIOCore
import NIOPosix
package import NIOSSL
package import Serving
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The HTTP port: predictions, health, metrics and management behind one codec of our own.
///
///     let door = HTTPFrontDoor(
///         dataPlane: plane, management: interface, authority: authority, serverVersion: "1.0", logger: logger)
///     try await door.start(listening: descriptor, group: group)
///     door.readiness.isOn = true
///     ...
///     await door.drain(within: .seconds(30))
package final class HTTPFrontDoor: Sendable {
    /// The TLS context of the next connection; `nil` for none. Asked for each connection, so that certificates can change.
    package typealias TLSContext = @Sendable () -> NIOSSLContext?

    /// What health routes say besides what the data plane knows; the server turns it on and off.
    package let readiness = Readiness()
    let context: GatewayContext
    private let tls: TLSContext
    private let state = Mutex(State())

    /// Connections that the kernel holds until they are accepted.
    private static let backlog: Int32 = 4096

    private struct State {
        var listeners: [any Channel] = []
        var loops: [NIOLoopBoundBox<LoopContext>] = []
    }

    package init(
        limits: HTTPLimits = HTTPLimits(), bodies: BodyBudget = BodyBudget(bytes: .max), dataPlane: DataPlane,
        management: any ManagementAnswerer, authority: CallerAuthority, serverVersion: String,
        gauges: [any GaugeSource] = [], tls: @escaping TLSContext = { nil }, logger: Logger
    ) {
        let memory = MemoryAnswers(
            dataPlane: dataPlane, readiness: readiness, serverVersion: serverVersion,
            metrics: PrometheusPage(dataPlane: dataPlane, sources: gauges))
        self.context = GatewayContext(
            limits: limits, bodies: bodies, dataPlane: dataPlane, authority: authority, memory: memory,
            management: management, logger: logger)
        self.tls = tls
    }

    /// Accepts connections from a socket that listens already, until `drain`.
    ///
    /// - Returns: the address it listens at.
    @discardableResult
    package func start(
        listening socket: NIOBSDSocket.Handle, group: any EventLoopGroup
    ) async throws -> SocketAddress? {
        let channel = try await bootstrap(group).withBoundSocket(socket).get()
        // NIO has just shortened the queue of a socket that listened already to 128, whatever its options say.
        _ = listen(socket, Self.backlog)
        state.withLock { $0.listeners.append(channel) }
        return channel.localAddress
    }

    /// Binds a socket of its own; port 0 takes a free one.
    @discardableResult
    package func start(host: String, port: Int, group: any EventLoopGroup) async throws -> SocketAddress? {
        let channel = try await bootstrap(group).bind(host: host, port: port).get()
        state.withLock { $0.listeners.append(channel) }
        return channel.localAddress
    }

    /// Stops accepting, lets what is under way finish, and ends what has not finished in time.
    package func drain(within limit: TimeAmount) async {
        readiness.isOn = false
        let (listeners, loops) = state.withLock { state in
            defer { state = State() }
            return (state.listeners, state.loops)
        }
        for listener in listeners { try? await listener.close().get() }
        let drained = loops.map { bound in
            bound.eventLoop.flatSubmit { () -> EventLoopFuture<Void> in
                let empty = bound.value.drain()
                let late = bound.eventLoop.scheduleTask(in: limit) { bound.value.closeAll() }
                empty.whenComplete { _ in late.cancel() }
                return empty
            }
        }
        for future in drained { try? await future.get() }
    }

    private func bootstrap(_ group: any EventLoopGroup) -> ServerBootstrap {
        let loops = loopContexts(group)
        let gate = AcceptGate.Counter(limit: context.limits.connections)
        let context = context
        let tls = tls
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptGate(gate))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
                        throw ChannelError.inappropriateOperationForState
                    }
                    let secure = tls()
                    if let secure {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: secure))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        HTTPConnection(gateway: context, loop: loop.value, isPlain: secure == nil))
                }
            }
    }

    /// One context for each loop of the group, made on that loop.
    private func loopContexts(_ group: any EventLoopGroup) -> [ObjectIdentifier: NIOLoopBoundBox<LoopContext>] {
        var contexts: [ObjectIdentifier: NIOLoopBoundBox<LoopContext>] = [:]
        for loop in group.makeIterator() {
            contexts[ObjectIdentifier(loop)] = LoopContext.make(on: loop)
        }
        let all = Array(contexts.values)
        state.withLock { $0.loops += all }
        return contexts
    }
}
