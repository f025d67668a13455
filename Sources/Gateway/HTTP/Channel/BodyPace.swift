import NIOCore

/// How long a body may go on coming: it may pause, and it may be slow, but not both without end. A peer that sends one byte
/// whenever it is about to be given up would otherwise hold its connection for ever.
struct BodyPace {
    private let begun: NIODeadline
    /// Bytes that had come by then.
    private let before: Int

    /// - Parameters:
    ///   - begun: when the server began to wait for the body.
    ///   - before: bytes of it that were there already.
    init(begun: NIODeadline, before: Int) {
        self.begun = begun
        self.before = before
    }

    /// When the body is given up unless more of it comes: after a pause, or once it falls behind the lowest rate that is
    /// taken, counted from the beginning with one pause for free.
    func deadline(received: Int, now: NIODeadline, limits: HTTPLimits) -> NIODeadline {
        let pause = now + limits.bodyTimeout
        guard limits.bodyRate > 0 else { return pause }
        let seconds = Double(max(0, received - before)) / Double(limits.bodyRate)
        let earned = TimeAmount.nanoseconds(Int64(min(seconds, 1e8) * 1e9))
        return min(pause, begun + limits.bodyTimeout + earned)
    }
}
