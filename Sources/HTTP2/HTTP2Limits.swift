/// How much one connection may ask for.
package struct HTTP2Limits: Sendable {
    /// Streams that may be open at once; one more is refused.
    package var concurrentStreams = 256
    /// Bytes of one encoded header block, and the frames that it may come in.
    package var headerBlockBytes = 32 << 10
    package var headerBlockFrames = 8
    /// Bytes of a decoded header list with 32 for each line, and its lines.
    package var headerListBytes = 32 << 10
    package var headerLines = 100
    /// Bytes of the table that the peer's header blocks refer to.
    package var headerTableBytes = 4096
    /// Bytes of one frame's payload.
    package var frameBytes = 256 << 10
    /// Bytes that may come on one stream, and on all of them together, before we have taken them in.
    package var streamWindow = 1 << 20
    package var connectionWindow = 16 << 20
    /// Bytes of answers that wait for the peer to take them; beyond it further requests are refused.
    package var unsentBytes = 64 << 20
    /// Nanoseconds after which the peer may give a stream up for nothing. No flood comes of it: with so many streams at once
    /// and each of them so old, there are only so many a second.
    package var resetAge: UInt64 = 20_000_000
    package var budgets = FloodGuard.Budgets()

    package init() {}
}
