import NIOCore

/// A connection that was there broke: something may have been sent on it.
///
/// The system's own errors do not tell. A host out of reach or a time without an answer ends an attempt to connect, and
/// a connection that was good for hours too.
struct BrokenConnection: Error {
    /// Stands in front of all that handles a connection, once there is one, and puts this error in the place of the
    /// system's.
    final class Marker: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.fireErrorCaught(error is IOError ? BrokenConnection() : error)
        }
    }
}
