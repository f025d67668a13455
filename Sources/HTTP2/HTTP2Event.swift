package import NIOCore

/// What a connection has to tell its owner.
package enum HTTP2Event: Sendable {
    /// A new stream. What is sent on it answers it.
    case request(StreamReference, HTTP2RequestHead, endsStream: Bool)
    /// A new stream whose header lines are more than the limits.
    case headTooLarge(StreamReference)
    /// A piece of a body, a slice of the bytes that came. New room for the peer is given by `consumed`.
    case data(StreamReference, ByteBuffer, endsStream: Bool)
    /// The peer's half has ended with trailers, or with a frame that carries nothing.
    case end(StreamReference)
    /// The stream is over without its end: the peer gave it up, or broke it.
    case reset(StreamReference)
    /// The connection is over: send what is left to send, and close it. Nothing comes after this.
    case failed(HTTP2Fault)
    /// The peer does not speak HTTP/2; these are its first bytes. Nothing comes after this.
    case notHTTP2(ByteBuffer)
}
