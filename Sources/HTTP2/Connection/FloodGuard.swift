/// Counts what costs us more than it costs the peer: frames that are in order one by one and an attack by the thousand.
///
/// Each kind has a leaky bucket. What a busy and honest client sends grows with what it is answered, so each message of an
/// answer, and its end, pays for one of each kind, or two: a client that reads a stream message by message gives back what
/// it has read both to the stream and to the connection.
package struct FloodGuard: Sendable {
    /// What a peer may do to no use.
    package enum Nuisance: Int, Sendable, CaseIterable {
        /// A stream that the peer gives up as soon as it is open, or that we must refuse: "rapid reset".
        case reset
        case ping
        case settings
        /// DATA that carries nothing and ends nothing.
        case emptyData
        case windowUpdate
        /// PRIORITY, frames of unknown kinds, and frames for streams that are over.
        case stray
    }

    package struct Budget: Sendable, Hashable {
        /// So many at once.
        package var burst: Int
        /// And so many a second for ever.
        package var perSecond: Int
        /// And so many for each frame of an answer.
        package var perAnswer: Int

        package init(burst: Int, perSecond: Int, perAnswer: Int = 1) {
            self.burst = burst
            self.perSecond = perSecond
            self.perAnswer = perAnswer
        }
    }

    package struct Budgets: Sendable {
        package var resets = Budget(burst: 1000, perSecond: 100)
        package var pings = Budget(burst: 200, perSecond: 10)
        package var settings = Budget(burst: 50, perSecond: 1)
        package var emptyData = Budget(burst: 200, perSecond: 10)
        package var windowUpdates = Budget(burst: 5000, perSecond: 1000, perAnswer: 2)
        package var strays = Budget(burst: 1000, perSecond: 100)

        package init() {}

        func budget(_ nuisance: Nuisance) -> Budget {
            switch nuisance {
            case .reset: resets
            case .ping: pings
            case .settings: settings
            case .emptyData: emptyData
            case .windowUpdate: windowUpdates
            case .stray: strays
            }
        }
    }

    private struct Bucket {
        /// Thousandths of one frame.
        var level = 0
        /// Nanoseconds, when `level` was right, and how much had been earned by then.
        var time: UInt64 = 0
        var earned: UInt64 = 0
    }

    private let budgets: Budgets
    private var buckets = [Bucket](repeating: Bucket(), count: Nuisance.allCases.count)
    private var earned: UInt64 = 0

    package init(_ budgets: Budgets) {
        self.budgets = budgets
    }

    /// A message of an answer was sent, or its end.
    package mutating func earn() { earned &+= 1 }

    /// Whether one more is still within the budget.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    package mutating func admits(_ nuisance: Nuisance, now: UInt64) -> Bool {
        let budget = budgets.budget(nuisance)
        var bucket = buckets[nuisance.rawValue]
        let elapsed = min(now &- min(now, bucket.time), 3_600_000_000_000)
        let leaked = Int(elapsed / 1_000_000).multipliedReportingOverflow(by: budget.perSecond).partialValue
        let answers = Int(min(earned &- bucket.earned, 1 << 40))
        let paid = answers.multipliedReportingOverflow(by: 1000 * budget.perAnswer).partialValue
        bucket.level = max(0, bucket.level - max(0, leaked) - paid) + 1000
        // The part of a millisecond that has not leaked yet is kept for the next time.
        bucket.time = now &- elapsed % 1_000_000
        bucket.earned = earned
        buckets[nuisance.rawValue] = bucket
        return bucket.level <= budget.burst.multipliedReportingOverflow(by: 1000).partialValue
    }
}
