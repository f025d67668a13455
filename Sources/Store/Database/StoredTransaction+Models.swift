import GRDB
import Journal
import Registry

extension StoredTransaction {
    /// Everything that a list says of a model, without touching descriptions and files. Versions count where they are
    /// available in the space.
    private static let summary = """
        SELECT m.id, m.name, o.name AS owner, m.created_at, v.number, v.size, v.format, v.metrics,
            v.created_at AS updated_at,
            (SELECT count(*) FROM version w JOIN version_space a ON a.version_id = w.id AND a.space_id = :space
                WHERE w.model_id = m.id) AS versions
        FROM model m
        JOIN space o ON o.id = m.space_id
        JOIN version v ON v.id = (
            SELECT w.id FROM version w JOIN version_space a ON a.version_id = w.id AND a.space_id = :space
            WHERE w.model_id = m.id ORDER BY w.number DESC LIMIT 1)
        """

    func models(space: String, after: String?, limit: Int) throws -> [ModelSummary] {
        let space = try requireSpaceID(space)
        let rows = try Row.fetchAll(
            db, sql: Self.summary + " WHERE m.name > :after ORDER BY m.name LIMIT :limit",
            arguments: ["space": space, "after": after ?? "", "limit": limit])
        let placed = try placements(space: space)
        return try rows.map { try Self.modelSummary($0, placed) }
    }

    func modelSummary(_ name: String, space: String) throws -> ModelSummary? {
        let space = try requireSpaceID(space)
        let row = try Row.fetchOne(
            db, sql: Self.summary + " WHERE m.name = :name", arguments: ["space": space, "name": name])
        let placed = try placements(space: space)
        return try row.map { row in
            var summary = try Self.modelSummary(row, placed)
            let id: Int64 = row["id"]
            summary.aliases = try aliases(space: space, model: id)[id] ?? [:]
            summary.tags = try modelTags(id)
            summary.description =
                try String.fetchOne(
                    db, sql: "SELECT description FROM model_registration WHERE model_id = ?", arguments: [id]) ?? ""
            return summary
        }
    }

    /// The live endpoints of a space, by model row.
    private func placements(space: Int64) throws -> [Int64: [ModelSummary.Placement]] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT v.model_id, d.endpoint, v.number
                FROM deployment d
                JOIN revision r ON r.deployment_id = d.id AND r.number = d.revision
                JOIN version v ON v.id = r.version_id
                WHERE d.space_id = ? AND d.is_live = 1 ORDER BY d.endpoint
                """, arguments: [space])
        var found: [Int64: [ModelSummary.Placement]] = [:]
        while let row = try rows.next() {
            found[row["model_id"], default: []].append(
                ModelSummary.Placement(endpoint: row["endpoint"], version: row["number"]))
        }
        return found
    }

    private static func modelSummary(
        _ row: Row, _ placed: [Int64: [ModelSummary.Placement]]
    ) throws -> ModelSummary {
        ModelSummary(
            name: row["name"], space: row["owner"], format: row["format"], versions: row["versions"],
            latestVersion: row["number"], latestSize: row["size"], metrics: try dictionary(row["metrics"]),
            deployed: placed[row["id"]] ?? [], createdAt: Timestamp(microseconds: row["created_at"]),
            updatedAt: Timestamp(microseconds: row["updated_at"]))
    }
}
