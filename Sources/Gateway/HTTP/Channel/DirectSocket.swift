package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The socket under a connection, for answers that the kernel takes whole: one call, past the queue of writes that NIO
/// keeps for each channel (`docs/performance.md` has what that saves).
///
/// Whatever the kernel does not take goes through the channel, and so does everything after it until that queue is empty:
/// bytes stay in order, and NIO's watermarks and errors hold. Used on the channel's loop only.
package struct DirectSocket {
    private let descriptor: CInt
    /// Whether the channel's queue may have bytes that the kernel has not taken.
    private var isQueued = false

    /// `nil` where the channel has no socket of its own. Not for a channel with a handler before the connection's, such as
    /// TLS, that makes other bytes of an answer.
    package init?(_ context: ChannelHandlerContext) {
        let socket = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { $0 }
        guard let socket else { return nil }
        descriptor = socket
    }

    /// To be called for whatever is written to the channel.
    package mutating func queued() { isQueued = true }

    /// Sends what the kernel takes at once; gives the rest, which has to be written to the channel.
    package mutating func send(_ bytes: ByteBuffer, on channel: any Channel) -> ByteBuffer? {
        // A channel that is closed has closed its socket, whose number may be another's by now.
        guard channel.isActive, isEmpty(channel) else { return bytes }
        let taken = bytes.withUnsafeReadableBytes { Self.send(descriptor, $0) }
        if taken == bytes.readableBytes { return nil }
        // An error is met again by the channel, which knows what to do about it.
        return taken > 0 ? bytes.getSlice(at: bytes.readerIndex + taken, length: bytes.readableBytes - taken) : bytes
    }

    private mutating func isEmpty(_ channel: any Channel) -> Bool {
        guard isQueued else { return true }
        isQueued = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) != 0
        return !isQueued
    }

    /// Never waits, and raises no signal where the peer is gone.
    private static func send(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        #elseif canImport(Musl)
            Musl.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        #else
            // NIO has switched the signal off for each of its sockets.
            Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
        #endif
    }
}
