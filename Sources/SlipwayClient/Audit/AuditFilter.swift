/// Which audit events to list. What is `nil` matches everything.
public struct AuditFilter: Sendable, Hashable {
    /// `version.push`, or the noun alone: `version`.
    public var action: String?
    /// `churn:3`, or a model's name alone for all its versions.
    public var subject: String?
    public var principal: String?
    /// From this moment on: RFC 3339 in UTC, or a day.
    public var since: String?
    /// Before this moment.
    public var until: String?

    public init(
        action: String? = nil, subject: String? = nil, principal: String? = nil, since: String? = nil,
        until: String? = nil
    ) {
        self.action = action
        self.subject = subject
        self.principal = principal
        self.since = since
        self.until = until
    }

    var query: [(name: String, value: String)] {
        [
            ("action", action), ("subject", subject), ("principal", principal), ("since", since), ("until", until),
        ].compactMap { name, value in value.map { (name, $0) } }
    }
}
