import NIOCore
import NIOEmbedded

@testable import Gateway

/// One connection without a socket: bytes in, answers out, and a clock that moves when told to.
final class Bench {
    let channel: EmbeddedChannel
    let loop: LoopContext

    /// - Parameter beside: a connection of the same event loop.
    init(_ workshop: Workshop, beside: Bench? = nil) throws {
        let channel = EmbeddedChannel(loop: beside?.channel.embeddedEventLoop ?? EmbeddedEventLoop())
        let loop = beside?.loop ?? LoopContext(eventLoop: channel.embeddedEventLoop)
        self.channel = channel
        self.loop = loop
        try channel.pipeline.syncOperations.addHandler(
            HTTPConnection(gateway: workshop.context, loop: loop, isPlain: false))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    private var received: [UInt8] = []

    /// The loop's turn in which they come ends with them.
    func send(_ bytes: [UInt8]) {
        begin(bytes)
        endTurn()
    }

    func begin(_ bytes: [UInt8]) { _ = try? channel.writeInbound(ByteBuffer(bytes: bytes)) }

    func endTurn() { channel.embeddedEventLoop.run() }

    /// All whole answers so far.
    func answers(isHead: Bool = false) -> [WireAnswer] {
        while let piece = try? channel.readOutbound(as: ByteBuffer.self) {
            received += Array(piece.readableBytesView)
        }
        return WireAnswer.take(&received, isHead: isHead)
    }

    /// What came that is no whole answer.
    var rest: [UInt8] { received }

    func exchange(_ text: String) -> [WireAnswer] {
        send(Array(text.utf8))
        return answers()
    }

    var isOpen: Bool { channel.isActive }
}
