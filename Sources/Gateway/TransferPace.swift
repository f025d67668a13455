package import NIOCore

/// How long a body may go on coming, or an answer going: it may pause, and it may be slow, but not both without end. A peer
/// that moves one byte whenever it is about to be given up would otherwise hold its connection for ever.
package struct TransferPace: Sendable {
    /// What is asked of a peer.
    package struct Limits: Sendable {
        /// Without a byte.
        package var pause: TimeAmount
        /// Bytes each second on average, with one `pause` for free; 0 takes any rate.
        package var rate: Int

        package init(pause: TimeAmount, rate: Int) {
            self.pause = pause
            self.rate = rate
        }
    }

    private var begun: NIODeadline
    /// Since when the server lets the peer wait; `nil` while it waits for the peer.
    private var pausedSince: NIODeadline?
    /// Bytes that had passed by then.
    private let before: Int

    /// - Parameters:
    ///   - begun: when the server began to wait for the peer.
    ///   - before: bytes that had passed already.
    package init(begun: NIODeadline, before: Int) {
        self.begun = begun
        self.before = before
    }

    /// The server has enough for now. The peer's clock stands still; it does not begin anew, or who trickles would gain a
    /// new beginning by each burst.
    package mutating func pause(at now: NIODeadline) { pausedSince = pausedSince ?? now }

    /// The server waits for the peer again.
    package mutating func resume(at now: NIODeadline) {
        guard let since = pausedSince else { return }
        begun = begun + (now - since)
        pausedSince = nil
    }

    /// When the peer is given up unless more passes: after a pause, or once it falls behind the lowest rate, counted from
    /// the beginning.
    ///
    /// - Parameters:
    ///   - passed: bytes until now, those before the beginning included.
    ///   - now: when the last of them passed.
    package func deadline(passed: Int, now: NIODeadline, limits: Limits) -> NIODeadline {
        let pause = now + limits.pause
        guard limits.rate > 0 else { return pause }
        let seconds = Double(max(0, passed - before)) / Double(limits.rate)
        let earned = TimeAmount.nanoseconds(Int64(min(seconds, 1e8) * 1e9))
        return min(pause, begun + limits.pause + earned)
    }
}
