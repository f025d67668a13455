/// Whether and when one call is made again: a decision without a clock or dice of its own.
struct Attempts: Sendable {
    /// How an attempt ended that brought no answer worth keeping.
    enum Outcome: Sendable, Hashable {
        /// The server said so, and perhaps when to come back. `status` is that of HTTP.
        case refused(status: Int, wish: Duration?)
        /// No connection came about: nothing was sent.
        case unreachable
        /// The connection broke: whether the server did what it was asked is not known.
        case lost
        /// Trying again would change nothing.
        case final

        /// Whether there was somebody.
        var showsServer: Bool {
            switch self {
            case .refused, .lost: true
            case .unreachable, .final: false
            }
        }
    }

    let policy: RetryPolicy
    /// As `Call.isRepeatable`.
    let isRepeatable: Bool
    /// When the caller stops waiting, on the clock that `now` is read from.
    let deadline: Duration?
    private var made = 0

    init(policy: RetryPolicy, isRepeatable: Bool, deadline: Duration?) {
        self.policy = policy
        self.isRepeatable = isRepeatable
        self.deadline = deadline
    }

    /// The pause before the next attempt, or `nil` when there is to be none: what there is, is the caller's answer.
    ///
    /// A prediction that met 503 without `Retry-After` is not made again: it may be what ended the worker that ran it.
    ///
    /// - Parameters:
    ///   - metServer: whether this client has had an answer from the server before.
    ///   - chance: in 0..<1.
    mutating func pause(after outcome: Outcome, metServer: Bool, now: Duration, chance: Double) -> Duration? {
        made += 1
        var wish: Duration?
        switch outcome {
        case .refused(503, let asked):
            guard isRepeatable || asked != nil else { return nil }
            wish = asked
        case .refused(429, let asked?): wish = asked
        case .unreachable: guard metServer || policy.awaitsServer else { return nil }
        case .lost: guard isRepeatable else { return nil }
        case .refused, .final: return nil
        }
        guard let pause = policy.delay(afterAttempt: made, wish: wish, chance: chance) else { return nil }
        if let deadline, now + pause >= deadline { return nil }
        return pause
    }
}
