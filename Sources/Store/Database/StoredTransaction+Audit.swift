import GRDB
import Journal

extension StoredTransaction: AuditTransaction {
    func auditEvents(_ query: AuditQuery, after: Int?, limit: Int) throws -> [AuditEvent] {
        var conditions: [String] = []
        var arguments: StatementArguments = ["limit": limit]
        func require(_ condition: String, _ name: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [name: value]
        }
        let isDescending = query.order == .newestFirst
        require("space = :space", "space", query.space)
        // The noun alone, or the name alone; compared as text, so that nothing in it is a pattern.
        require("(action = :action OR substr(action, 1, length(:action) + 1) = :action || '.')", "action", query.action)
        require(
            "(subject = :subject OR substr(subject, 1, length(:subject) + 1) = :subject || ':')", "subject",
            query.subject)
        require("principal = :principal", "principal", query.principal)
        require("at >= :since", "since", query.since?.microseconds)
        require("at < :until", "until", query.until?.microseconds)
        require(isDescending ? "sequence < :after" : "sequence > :after", "after", after)
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM audit_event \(filter)
                ORDER BY sequence \(isDescending ? "DESC" : "ASC") LIMIT :limit
                """, arguments: arguments
        ).map(Self.auditEvent)
    }

    func lastAuditEvent() throws -> AuditEvent? {
        try Row.fetchOne(db, sql: "SELECT * FROM audit_event ORDER BY sequence DESC LIMIT 1").map(Self.auditEvent)
    }

    func auditEvent(_ sequence: Int) throws -> AuditEvent? {
        try Row.fetchOne(db, sql: "SELECT * FROM audit_event WHERE sequence = ?", arguments: [sequence])
            .map(Self.auditEvent)
    }

    func eachAuditEvent(_ body: (AuditEvent) throws -> Void) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM audit_event ORDER BY sequence")
        while let row = try rows.next() { try body(Self.auditEvent(row)) }
    }

    /// What rotted so far that it is no text or number any more is read as none: the event's hash tells. Nothing here may
    /// end the process, as the row's own subscripts do then.
    private static func auditEvent(_ row: Row) -> AuditEvent {
        func text(_ column: String) -> String {
            let value: DatabaseValue = row[column]
            return String.fromDatabaseValue(value) ?? ""
        }
        func number(_ column: String) -> Int {
            let value: DatabaseValue = row[column]
            return Int.fromDatabaseValue(value) ?? 0
        }
        return AuditEvent(
            sequence: number("sequence"), at: Timestamp(microseconds: number("at")), principal: text("principal"),
            space: text("space"), action: text("action"), subject: text("subject"), detail: text("detail"),
            generation: Generation(number("generation")), previousHash: text("previous_hash"), hash: text("hash"))
    }
}
