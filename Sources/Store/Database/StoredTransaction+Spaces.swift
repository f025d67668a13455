import GRDB
import Governance
import Journal
import Serving

extension StoredTransaction: SpaceTransaction {
    private static let summary = """
        SELECT s.name, s.created_at, s.isolation, s.policy_revision,
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

    /// What a space demands; `nil` when there is no such space.
    func policy(of space: String) throws -> SpacePolicy? {
        let statement = try db.cachedStatement(sql: "SELECT isolation, policy_revision FROM space WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [space]).map(Self.policy)
    }

    func setPolicy(of space: String, isolation: Isolation?) throws {
        try execute(
            "UPDATE space SET isolation = :isolation, policy_revision = policy_revision + 1 WHERE name = :space",
            ["isolation": isolation?.rawValue, "space": space])
    }

    static func policy(_ row: Row) throws -> SpacePolicy {
        let word: String? = row["isolation"]
        let isolation = word.flatMap(Isolation.init)
        if let word, isolation == nil {
            throw ControlError(.internalFailure, "a space demands the unknown isolation '\(word)'")
        }
        return SpacePolicy(isolation: isolation, revision: row["policy_revision"])
    }

    private static func spaceSummary(_ row: Row) throws -> SpaceSummary {
        SpaceSummary(
            space: Space(
                name: row["name"], createdAt: Timestamp(microseconds: row["created_at"]), policy: try policy(row)),
            models: row["models"], deployments: row["deployments"])
    }
}
