package import Journal

/// When what was not delivered is tried again.
package enum RetrySchedule {
    /// Seconds before the second attempt, the third ...; after the last one it is given up: half a day in all.
    static let pauses = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 14_400]

    /// Attempts at most.
    package static var attempts: Int { pauses.count + 1 }

    /// Milliseconds until the next attempt, `nil` where there is none.
    ///
    /// - Parameters:
    ///   - attempts: that were made.
    ///   - jitter: from 0 to below 1: spreads what failed together by up to a fifth of the pause.
    package static func milliseconds(after attempts: Int, jitter: Double) -> Int? {
        guard attempts >= 1, attempts <= pauses.count else { return nil }
        return Int(Double(pauses[attempts - 1]) * 1000 * (1 + 0.2 * min(max(0, jitter), 1)))
    }

    /// The same for one that was waiting when the server stopped: no longer than its pause may be, whatever the clock says.
    package static func milliseconds(after attempts: Int, due: Timestamp?, now: Timestamp) -> Int {
        guard attempts >= 1, let due else { return 0 }
        let longest = milliseconds(after: attempts, jitter: 1) ?? 0
        let left = due.microseconds.subtractingReportingOverflow(now.microseconds)
        return left.overflow ? longest : min(max(0, left.partialValue / 1000), longest)
    }
}
