/// Which predictions of a ledger are wanted. What is `nil` matches everything.
public struct LedgerFilter: Sendable, Hashable {
    /// From this moment on: RFC 3339 in UTC, or a day.
    public var from: String?
    /// Before this moment.
    public var to: String?
    public var version: Int?
    public var variant: String?
    /// Only predictions that were not answered.
    public var errorsOnly: Bool

    public init(
        from: String? = nil, to: String? = nil, version: Int? = nil, variant: String? = nil, errorsOnly: Bool = false
    ) {
        self.from = from
        self.to = to
        self.version = version
        self.variant = variant
        self.errorsOnly = errorsOnly
    }

    var query: [(name: String, value: String)] {
        [
            ("from", from), ("to", to), ("version", version.map { String($0) }), ("variant", variant),
            ("errors", errorsOnly ? "true" : nil),
        ].compactMap { name, value in value.map { (name, $0) } }
    }
}

/// How a ledger is written for other programs.
public enum LedgerFileFormat: String, Sendable, Hashable, CaseIterable {
    /// One JSON object for each prediction.
    case jsonl
    /// One line for each prediction, a column for each input and output.
    case csv
}
