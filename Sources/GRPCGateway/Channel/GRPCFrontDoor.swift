package import Gateway
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

/// The gRPC port: predictions, what clients ask beside them, health and reflection, over HTTP/2 of our own.
///
///     let door = GRPCFrontDoor(dataPlane: plane, authority: authority, services: services, logger: logger)
///     try await door.start(listening: descriptor, group: group)
///     ...
///     await door.drain(within: .seconds(30))
package final class GRPCFrontDoor: Sendable {
    /// The TLS context of the next connection; `nil` for none. Asked for each connection, so that certificates can change.
    /// It must offer `h2` by ALPN.
    package typealias TLSContext = @Sendable () -> NIOSSLContext?

    let context: GRPCContext
    private let tls: TLSContext
    private let state = Mutex(State())

    /// Connections that the kernel holds until they are accepted.
    private static let backlog: Int32 = 4096

    private struct State {
        var listeners: [any Channel] = []
        var loops: [NIOLoopBoundBox<GRPCLoop>] = []
    }

    /// - Parameter services: what is answered beside predictions; it has the readiness of the HTTP port.
    package init(
        limits: GRPCLimits = GRPCLimits(), bodies: BodyBudget = BodyBudget(bytes: .max), dataPlane: DataPlane,
        authority: CallerAuthority, services: GRPCServices, tls: @escaping TLSContext = { nil }, logger: Logger
    ) {
        self.context = GRPCContext(
            limits: limits, bodies: bodies, dataPlane: dataPlane, authority: authority, services: services,
            logger: logger)
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
                        GRPCConnection(gateway: context, loop: loop.value, isPlain: secure == nil))
                }
            }
    }

    /// One context for each loop of the group, made on that loop.
    private func loopContexts(_ group: any EventLoopGroup) -> [ObjectIdentifier: NIOLoopBoundBox<GRPCLoop>] {
        var contexts: [ObjectIdentifier: NIOLoopBoundBox<GRPCLoop>] = [:]
        for loop in group.makeIterator() {
            contexts[ObjectIdentifier(loop)] = GRPCLoop.make(on: loop)
        }
        let all = Array(contexts.values)
        state.withLock { $0.loops += all }
        return contexts
    }
}
