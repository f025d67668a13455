import GRDB
import Governance
import Journal

extension StoredTransaction: SpaceTransaction {
    private static let summary = """
        SELECT s.name, s.created_at,
            (SELECT count(DISTINCT v.model_id) FROM version_space a JOIN version v ON v.id = a.version_id
                WHERE a.space_id = s.id) AS models,
            (SELECT count(*) FROM deployment d WHERE d.space_id = s.id AND d.is_live = 1) AS deployments
        FROM space s
        """

    func space(_ name: String) throws -> SpaceSummary? {
        try Row.fetchOne(db, sql: Self.summary + " WHERE s.name = ?", arguments: [name]).map(Self.spaceSummary)
    }

    func spaces(after: String?, limit: Int) throws -> [SpaceSummary] {
        try Row.fetchAll(
            db, sql: Self.summary + " WHERE s.name > ? ORDER BY s.name LIMIT ?", arguments: [after ?? "", limit]
        ).map(Self.spaceSummary)
    }

    private static func spaceSummary(_ row: Row) -> SpaceSummary {
        SpaceSummary(
            space: Space(name: row["name"], createdAt: Timestamp(microseconds: row["created_at"])),
            models: row["models"], deployments: row["deployments"])
    }
}
