/// Which audit events somebody wants to see. What is `nil` matches everything.
package struct AuditQuery: Sendable, Hashable {
    package enum Order: Sendable, Hashable { case newestFirst, oldestFirst }

    package var space: String?
    /// `version.push`, or the noun alone for everything that was done to such: `version`.
    package var action: String?
    /// `churn:3`, or a model's name alone for all its versions: `churn`.
    package var subject: String?
    package var principal: String?
    /// From this moment on.
    package var since: Timestamp?
    /// Before this moment.
    package var until: Timestamp?
    package var order: Order

    package init(
        space: String? = nil, action: String? = nil, subject: String? = nil, principal: String? = nil,
        since: Timestamp? = nil, until: Timestamp? = nil, order: Order = .newestFirst
    ) {
        self.space = space
        self.action = action
        self.subject = subject
        self.principal = principal
        self.since = since
        self.until = until
        self.order = order
    }
}

/// What the audit trail needs of the database. It only reads: events are written by the units of work that they are about.
package protocol AuditTransaction {
    /// The number of mutations made so far.
    func generation() throws -> Generation
    /// Those events that match, behind `after` in the order asked for, at most `limit`.
    func auditEvents(_ query: AuditQuery, after: Int?, limit: Int) throws -> [AuditEvent]
    /// `nil` before the first.
    func lastAuditEvent() throws -> AuditEvent?
    /// All of them, from the first on.
    func eachAuditEvent(_ body: (AuditEvent) throws -> Void) throws
}

/// Where the audit trail is read.
package typealias AuditUnitOfWork = any UnitOfWork<any AuditTransaction>

/// Where signed heads are kept besides the database: in the data folder, and wherever the operator wants them too.
package protocol AuditHeadLedger: Sendable {
    /// Every head that was kept, in any order, and what of the records cannot be read.
    func read() async throws(ControlError) -> (heads: [AuditHead], problems: [String])
    /// Keeps one more; durable when it returns. Says what went wrong outside the data folder; throws what went wrong in it.
    func append(_ head: AuditHead) async throws(ControlError) -> String?
}
