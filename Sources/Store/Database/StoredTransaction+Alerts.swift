import Alerts
import GRDB
import Journal

extension StoredTransaction: AlertTransaction {
    /// Alerts of a space that are kept when they have ended.
    private static let mostResolved = 10_000

    private static let columns = "a.*, s.name AS space FROM alert a JOIN space s ON s.id = a.space_id"

    func alert(_ number: Int, space: String) throws -> Alert? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(Self.columns) WHERE s.name = ? AND a.number = ?"),
            arguments: [space, number]
        ).map(alert)
    }

    func firingAlert(space: String, endpoint: String, rule: String) throws -> Alert? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT \(Self.columns) WHERE s.name = ? AND a.endpoint = ? AND a.rule = ? AND a.state = 'firing'"),
            arguments: [space, endpoint, rule]
        ).map(alert)
    }

    func firingAlerts() throws -> [Alert] {
        try Row.fetchAll(db, sql: "SELECT \(Self.columns) WHERE a.state = 'firing' ORDER BY a.id").map(alert)
    }

    func alerts(_ filter: AlertFilter, before: Int?, limit: Int) throws -> [Alert] {
        var condition = "s.name = :space AND a.number < :before"
        var arguments: StatementArguments = ["space": filter.space, "before": before ?? Int.max, "limit": limit]
        if let state = filter.state {
            condition += " AND a.state = :state"
            arguments += ["state": state.rawValue]
        }
        if let endpoint = filter.endpoint {
            condition += " AND a.endpoint = :endpoint"
            arguments += ["endpoint": endpoint]
        }
        return try Row.fetchAll(
            db, sql: "SELECT \(Self.columns) WHERE \(condition) ORDER BY a.number DESC LIMIT :limit",
            arguments: arguments
        ).map(alert)
    }

    func nextAlert(space: String) throws -> Int {
        let last = try Int.fetchOne(
            db, sql: "SELECT max(number) FROM alert WHERE space_id = ?", arguments: [try requireSpaceID(space)])
        return (last ?? 0) + 1
    }

    func insert(_ alert: Alert) throws {
        try execute(
            """
            INSERT INTO alert (space_id, number, endpoint, rule, kind, state, fired_at, resolution, evidence, notified)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                try requireSpaceID(alert.space), alert.number, alert.endpoint, alert.rule, alert.kind.rawValue,
                alert.state.rawValue, alert.firedAt.microseconds, alert.resolution, try Self.json(alert.evidence),
                alert.isNotified,
            ])
    }

    func update(_ alert: Alert) throws {
        let spaceID = try requireSpaceID(alert.space)
        try execute(
            """
            UPDATE alert SET state = ?, resolved_at = ?, resolution = ?, notified = ?, acknowledged_at = ?,
                acknowledged_by = ?, comment = ?
            WHERE space_id = ? AND number = ?
            """,
            [
                alert.state.rawValue, alert.resolvedAt?.microseconds, alert.resolution, alert.isNotified,
                alert.acknowledgement?.at.microseconds, alert.acknowledgement?.by, alert.acknowledgement?.comment,
                spaceID, alert.number,
            ])
        guard alert.state == .resolved else { return }
        // The last one of all stays, so that its number is not given again.
        try execute(
            """
            DELETE FROM alert WHERE state = 'resolved' AND space_id = :space AND number <= (
                SELECT number FROM alert WHERE space_id = :space AND state = 'resolved'
                ORDER BY number DESC LIMIT 1 OFFSET :most)
            """, ["space": spaceID, "most": Self.mostResolved])
    }

    /// Of a space that is removed nothing fires any more, and nobody is told.
    func endAlerts(ofSpace id: Int64) throws {
        let why = "the space was removed"
        try execute(
            "UPDATE alert SET state = 'resolved', resolved_at = ?, resolution = ? WHERE space_id = ? AND state = 'firing'",
            [now, why, id])
        try execute(
            "UPDATE delivery SET state = 'failed', outcome = ? WHERE space_id = ? AND state = 'pending'", [why, id])
    }

    private func alert(_ row: Row) throws -> Alert {
        let resolvedAt: Int? = row["resolved_at"]
        let acknowledgedAt: Int? = row["acknowledged_at"]
        guard let kind = AlertKind(rawValue: row["kind"]), let state = Alert.State(rawValue: row["state"]) else {
            throw ControlError(.internalFailure, "the database has an alert of a kind or state that is not known here")
        }
        return Alert(
            number: row["number"], space: row["space"], endpoint: row["endpoint"], rule: row["rule"], kind: kind,
            state: state, firedAt: Timestamp(microseconds: row["fired_at"]),
            resolvedAt: resolvedAt.map { Timestamp(microseconds: $0) }, resolution: row["resolution"],
            evidence: try Self.decode(AlertEvidence.self, row["evidence"]), isNotified: row["notified"],
            acknowledgement: acknowledgedAt.map {
                Alert.Acknowledgement(
                    at: Timestamp(microseconds: $0), by: row["acknowledged_by"] ?? "", comment: row["comment"] ?? "")
            })
    }

    // MARK: silences

    private static let silenceColumns = "z.*, s.name AS space FROM silence z JOIN space s ON s.id = z.space_id"

    func activeSilences(space: String) throws -> [Silence] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT \(Self.silenceColumns) WHERE s.name = ? AND z.ended_at IS NULL AND z.until > ?"),
            arguments: [space, now]
        ).map(silence)
    }

    func silences(space: String, before: Int?, limit: Int) throws -> [Silence] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT \(Self.silenceColumns) WHERE s.name = ? AND z.number < ? ORDER BY z.number DESC LIMIT ?"),
            arguments: [space, before ?? Int.max, limit]
        ).map(silence)
    }

    func silence(_ number: Int, space: String) throws -> Silence? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT \(Self.silenceColumns) WHERE s.name = ? AND z.number = ?"),
            arguments: [space, number]
        ).map(silence)
    }

    func nextSilence(space: String) throws -> Int {
        let last = try Int.fetchOne(
            db, sql: "SELECT max(number) FROM silence WHERE space_id = ?", arguments: [try requireSpaceID(space)])
        return (last ?? 0) + 1
    }

    func insert(_ silence: Silence) throws {
        try execute(
            """
            INSERT INTO silence (space_id, number, endpoint, rule, until, reason, created_by, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                try requireSpaceID(silence.space), silence.number, silence.endpoint, silence.rule,
                silence.until.microseconds, silence.reason, silence.createdBy, silence.createdAt.microseconds,
            ])
    }

    func endSilence(_ number: Int, space: String) throws {
        try execute(
            "UPDATE silence SET ended_at = ? WHERE space_id = ? AND number = ? AND ended_at IS NULL",
            [now, try requireSpaceID(space), number])
    }

    private func silence(_ row: Row) -> Silence {
        let endedAt: Int? = row["ended_at"]
        return Silence(
            number: row["number"], space: row["space"], endpoint: row["endpoint"], rule: row["rule"],
            until: Timestamp(microseconds: row["until"]), reason: row["reason"], createdBy: row["created_by"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            endedAt: endedAt.map { Timestamp(microseconds: $0) })
    }
}
