import Documents
import GRDB
import Journal
import Monitors

extension StoredTransaction: MonitorTransaction {
    private static let columns = "revision, document, created_at, created_by"

    func isDeployed(_ endpoint: String, space: String) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM deployment WHERE space_id = ? AND endpoint = ? AND is_live = 1)"),
            arguments: [try requireSpaceID(space), endpoint]) ?? false
    }

    func monitor(of endpoint: String, space: String) throws -> MonitorSpecification? {
        try monitorRevisions(of: endpoint, space: space, before: nil, limit: 1).first
    }

    func monitorRevisions(
        of endpoint: String, space: String, before: Int?, limit: Int
    ) throws -> [MonitorSpecification] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(Self.columns) FROM monitor WHERE space_id = ? AND endpoint = ? AND revision < ?
                ORDER BY revision DESC LIMIT ?
                """, arguments: [try requireSpaceID(space), endpoint, before ?? Int.max, limit]
        ).map(Self.monitor)
    }

    func monitors() throws -> [PlacedSpecification] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT s.name, m.endpoint, \(Self.columns.split(separator: ", ").map { "m.\($0)" }.joined(separator: ", "))
                FROM monitor m JOIN space s ON s.id = m.space_id AND s.removed_at IS NULL
                WHERE m.revision = (SELECT max(revision) FROM monitor l WHERE l.space_id = m.space_id AND l.endpoint = m.endpoint)
                """
        ).map { row in
            PlacedSpecification(space: row["name"], endpoint: row["endpoint"], specification: try Self.monitor(row))
        }
    }

    func insertMonitor(
        _ specification: MonitorSpecification, of endpoint: String, space: String, by principal: Principal
    ) throws {
        try execute(
            """
            INSERT INTO monitor (space_id, endpoint, revision, document, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                try requireSpaceID(space), endpoint, specification.revision, specification.document.json, now,
                principal.id,
            ])
    }

    private static func monitor(_ row: Row) throws -> MonitorSpecification {
        MonitorSpecification(
            revision: row["revision"], document: try decode(DocumentValue.self, row["document"]),
            setAt: Timestamp(microseconds: row["created_at"]), setBy: row["created_by"])
    }
}
