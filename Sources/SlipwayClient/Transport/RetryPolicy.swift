/// How often, and how long after, a call that may be repeated is made again.
///
/// The delay doubles from `base` up to `ceiling`; half of it is left to chance, so that many clients do not come back
/// at once. What the server asks for in `Retry-After` goes first, up to `longestWish`.
public struct RetryPolicy: Sendable, Hashable {
    /// Calls in all, the first included.
    public var attempts: Int
    /// The delay before the second call.
    public var base: Duration
    /// No delay of our own is longer.
    public var ceiling: Duration
    /// A server that asks for more than this gets no further call.
    public var longestWish: Duration
    /// Whether a server that has not answered this client yet is called again too, since it may be starting. Otherwise
    /// only one that was there a moment ago is, and a wrong address is known at once.
    public var awaitsServer: Bool

    public init(
        attempts: Int = 5, base: Duration = .milliseconds(100), ceiling: Duration = .seconds(2),
        longestWish: Duration = .seconds(10), awaitsServer: Bool = false
    ) {
        self.attempts = attempts
        self.base = base
        self.ceiling = ceiling
        self.longestWish = longestWish
        self.awaitsServer = awaitsServer
    }

    /// How long to wait before the next call, or `nil` when there is to be none.
    ///
    /// - Parameters:
    ///   - made: calls made so far, at least 1.
    ///   - wish: what the server asked for.
    ///   - chance: in 0..<1.
    func delay(afterAttempt made: Int, wish: Duration? = nil, chance: Double) -> Duration? {
        guard made < attempts else { return nil }
        if let wish { return wish <= longestWish ? wish : nil }
        var delay = base
        for _ in 1..<max(made, 1) where delay < ceiling { delay += delay }
        delay = min(delay, ceiling)
        return delay * (0.5 + chance / 2)
    }
}
