/// What a key is limited to, within what its owner may. Nothing said is no limit.
package struct KeyScope: Sendable, Hashable, Codable {
    /// The space that is meant where a request names none; `default` when absent.
    package var home: String?
    /// Only in these.
    package var spaces: Set<String>?
    /// Only what one of these roles may, too.
    package var roles: Set<Role>?
    /// Only predictions of these endpoints, and what is to be known about them.
    package var endpoints: Set<String>?

    package init(
        home: String? = nil, spaces: Set<String>? = nil, roles: Set<Role>? = nil, endpoints: Set<String>? = nil
    ) {
        self.home = home
        self.spaces = spaces
        self.roles = roles
        self.endpoints = endpoints
    }

    /// Whether the key may less than its owner; a home is no limit.
    package var isLimited: Bool { spaces != nil || roles != nil || endpoints != nil }
}

/// How much a key may ask for; what is absent is not limited. Each prediction that is asked for is a request, and has rows.
package struct KeyLimits: Sendable, Hashable, Codable {
    package var requestsPerSecond: Int?
    package var rowsPerSecond: Int?
    /// A month of the calendar, in UTC.
    package var requestsPerMonth: Int?
    package var rowsPerMonth: Int?

    package init(
        requestsPerSecond: Int? = nil, rowsPerSecond: Int? = nil, requestsPerMonth: Int? = nil, rowsPerMonth: Int? = nil
    ) {
        self.requestsPerSecond = requestsPerSecond
        self.rowsPerSecond = rowsPerSecond
        self.requestsPerMonth = requestsPerMonth
        self.rowsPerMonth = rowsPerMonth
    }

    package var isEmpty: Bool { self == KeyLimits() }
    /// Whether what was used has to be remembered beyond the process.
    package var isMonthly: Bool { requestsPerMonth != nil || rowsPerMonth != nil }

    /// Each limit with its name in requests and the largest it may be.
    package var named: [(name: String, value: Int?, most: Int)] {
        [
            ("requestsPerSecond", requestsPerSecond, 1_000_000_000), ("rowsPerSecond", rowsPerSecond, 1_000_000_000),
            ("requestsPerMonth", requestsPerMonth, 1 << 53), ("rowsPerMonth", rowsPerMonth, 1 << 53),
        ]
    }
}
