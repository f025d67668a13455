import Gateway
import HTTPTypes
import Hummingbird
import Journal
import ManagementAPI

extension ManagementInterface {
    /// - Parameter space: the one whose events alone the caller may see; `nil` for all.
    func auditEvents(_ call: ManagementRequest, space: String?) async throws -> Response {
        let (limit, after) = try call.page()
        var query = try AuditQuery(call.request.uri.queryParameters.map { (String($0.key), String($0.value)) })
        if let space { query.space = space }
        let list = try await services.audit.events(query, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(AuditEventInfo.init), next: list.next))
    }

    func auditHead() async throws -> Response { try .json(AuditHeadInfo(try await services.audit.head())) }

    func auditKey() throws -> Response { try .json(AuditKeyInfo(key: services.audit.publicKey)) }

    func verifyAudit() async throws -> Response { try .json(AuditReport(try await services.audit.verify())) }
}

extension AuditQuery {
    /// From the query of a request; a name that means nothing is refused, since it would have narrowed the list.
    fileprivate init(_ parameters: [(name: String, value: String)]) throws(ControlError) {
        self.init()
        for (name, value) in parameters {
            switch name {
            case "space": space = value
            case "action": action = value
            case "subject": subject = value
            case "principal": principal = value
            case "since": since = try Self.moment(value, name)
            case "until": until = try Self.moment(value, name)
            case "order":
                guard value == "newest" || value == "oldest" else {
                    throw ControlError(
                        .invalid, "order must be newest or oldest, got '\(Name.excerpt(of: value))'", field: name)
                }
                order = value == "newest" ? .newestFirst : .oldestFirst
            case "limit", "after": continue
            default:
                throw ControlError(
                    .invalid, "the query has '\(Name.excerpt(of: name))', which means nothing here",
                    field: Name.excerpt(of: name),
                    hint: "there are space, action, subject, principal, since, until, order, limit and after")
            }
        }
    }

    private static func moment(_ text: String, _ field: String) throws(ControlError) -> Timestamp {
        guard let moment = Timestamp(text) else {
            throw ControlError(
                .invalid, "\(field) must be a moment in UTC, got '\(Name.excerpt(of: text))'", field: field,
                hint: "for example 2026-03-01 or 2026-03-01T09:30:00Z")
        }
        return moment
    }
}

extension AuditEventInfo {
    init(_ event: AuditEvent) {
        self.init(
            sequence: event.sequence, at: event.at.description, principal: event.principal, space: event.space,
            action: event.action, subject: event.subject, detail: event.detail, generation: event.generation.number,
            previousHash: event.previousHash, hash: event.hash)
    }
}

extension AuditHeadInfo {
    init(_ head: AuditHead) {
        self.init(
            sequence: head.sequence, hash: head.hash, generation: head.generation, at: head.at, key: head.key,
            signature: head.signature)
    }
}

extension AuditReport {
    init(_ verdict: AuditTrail.Verdict) {
        self.init(
            events: verdict.events, heads: verdict.heads, lastHead: verdict.lastHead.map(AuditHeadInfo.init),
            problems: verdict.problems)
    }
}
