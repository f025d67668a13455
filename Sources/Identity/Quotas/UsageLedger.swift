package import Journal

/// What was used in one month.
package struct UsageCount: Sendable, Hashable {
    package var month: CalendarMonth
    package var requests: Int
    package var rows: Int

    package init(month: CalendarMonth, requests: Int = 0, rows: Int = 0) {
        self.month = month
        self.requests = requests
        self.rows = rows
    }
}

/// Where what was used in a month is remembered beyond the process.
///
/// An implementation promises:
/// 1. What `write` was told is what `read` says, in this process and in the next, however this one ends.
/// 2. `write` does not block and is cheap: a prediction waits for it.
package protocol UsageLedger: Sendable {
    /// The place of one row of keys, for as long as the process lives; `nil` when there is no room for another.
    func cell(of lineage: String) -> (any UsageCell)?
}

/// The place of one row of keys in a ledger. Its user sees to it that one at a time uses it.
package protocol UsageCell: AnyObject, Sendable {
    func read() -> UsageCount
    func write(_ count: UsageCount)
}
