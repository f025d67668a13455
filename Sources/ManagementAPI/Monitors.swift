/// How an endpoint is watched. Revision 0 with an empty document: nobody ever set anything.
public struct MonitorInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    public var revision: Int
    /// `docs/reference/monitor.md` describes each field.
    public var document: [String: PolicyField]
    /// RFC 3339, UTC.
    public var setAt: String?
    public var setBy: String?

    public init(
        endpoint: String, space: String, revision: Int, document: [String: PolicyField], setAt: String? = nil,
        setBy: String? = nil
    ) {
        self.endpoint = endpoint
        self.space = space
        self.revision = revision
        self.document = document
        self.setAt = setAt
        self.setBy = setBy
    }
}
