/// How much is left of a key's tightest limit, as answers say it.
package struct QuotaState: Sendable, Hashable {
    /// Which of a key's limits it is.
    package enum Limit: Sendable, Hashable {
        case requestsPerSecond, rowsPerSecond, requestsPerMonth, rowsPerMonth

        /// In answers' header fields.
        package var name: StaticString {
            switch self {
            case .requestsPerSecond: "requests-per-second"
            case .rowsPerSecond: "rows-per-second"
            case .requestsPerMonth: "requests-per-month"
            case .rowsPerMonth: "rows-per-month"
            }
        }
    }

    package var limit: Limit
    package var most: Int
    package var remaining: Int
    /// Until everything is there again.
    package var resetSeconds: Int

    package init(limit: Limit, most: Int, remaining: Int, resetSeconds: Int) {
        self.limit = limit
        self.most = most
        self.remaining = remaining
        self.resetSeconds = resetSeconds
    }
}

/// A request that a limit does not let through.
package struct QuotaRefusal: Error, Sendable, Hashable {
    package let message: String
    /// When trying again makes sense; at least 1.
    package let retryAfterSeconds: Int
    /// `nil` where no limit is reached, but what was used cannot be counted.
    package let state: QuotaState?
}
