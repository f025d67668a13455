package import Journal

/// Which rows of a ledger are wanted. What is `nil` matches everything.
package struct LedgerQuery: Sendable, Hashable {
    /// From this moment on.
    package var from: Timestamp?
    /// Before this moment.
    package var to: Timestamp?
    package var version: Int?
    package var variant: String?
    /// Only predictions that were not answered.
    package var errorsOnly: Bool
    /// Those whose rows are wanted; empty for all.
    package var versions: Set<Int> = []
    /// One whose rows are not.
    package var exceptVersion: Int?

    package init(
        from: Timestamp? = nil, to: Timestamp? = nil, version: Int? = nil, variant: String? = nil,
        errorsOnly: Bool = false
    ) {
        self.from = from
        self.to = to
        self.version = version
        self.variant = variant
        self.errorsOnly = errorsOnly
    }

    func matches(_ row: LedgerRow) -> Bool {
        if let from, row.time < from { return false }
        if let to, row.time >= to { return false }
        if let version, row.version != version { return false }
        if !versions.isEmpty, !versions.contains(row.version) { return false }
        if let exceptVersion, row.version == exceptVersion { return false }
        if let variant, row.variant != variant { return false }
        return !errorsOnly || row.fault != nil
    }
}
