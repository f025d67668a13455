import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `echo --port PORT [--answer-bytes N]`: listens on 127.0.0.1 until it is killed.
///
/// With `--answer-bytes` every request is read whole and answered with N bytes, so that the bytes on the wire are
/// those of the server it is compared with; without, the request's body comes back.
@main
struct Echo {
    static func main() async throws {
        var port = 0
        var answer: ByteBuffer?
        var arguments = CommandLine.arguments.dropFirst().makeIterator()
        while let name = arguments.next() {
            guard let text = arguments.next(), let value = Int(text), value >= 0 else { usage() }
            switch name {
            case "--port" where value <= 65535: port = value
            case "--answer-bytes": answer = ByteBuffer(repeating: UInt8(ascii: "x"), count: value)
            default: usage()
            }
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let fixedAnswer = answer
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(EchoHandler(fixedAnswer: fixedAnswer))
                }
            }
            .bind(host: "127.0.0.1", port: port)
            .get()
        print("listening on 127.0.0.1:\(server.localAddress?.port ?? port), \(System.coreCount) event loops")
        try await server.closeFuture.get()
    }

    private static func usage() -> Never {
        print("usage: echo --port PORT [--answer-bytes N]")
        exit(64)
    }
}
