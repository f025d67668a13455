import Deployments
import Documents
import GRDB
import Governance
import Journal
import Serving

extension StoredTransaction: SpaceTransaction {
    /// A space in use, with its policy of now and what it holds.
    private static let summary = """
        SELECT s.name, s.created_at, s.isolation, s.policy_revision, p.document,
            (SELECT count(DISTINCT v.model_id) FROM version_space a JOIN version v ON v.id = a.version_id
                WHERE a.space_id = s.id) AS models,
            (SELECT count(*) FROM deployment d WHERE d.space_id = s.id AND d.is_live = 1) AS deployments
        FROM space s
        LEFT JOIN space_policy p ON p.space_id = s.id AND p.revision = s.policy_revision
        WHERE s.removed_at IS NULL
        """

    func space(_ name: String) throws -> SpaceSummary? {
        try Row.fetchOne(db, sql: Self.summary + " AND s.name = ?", arguments: [name]).map(Self.spaceSummary)
    }

    func spaces(after: String?, limit: Int) throws -> [SpaceSummary] {
        try Row.fetchAll(
            db, sql: Self.summary + " AND s.name > ? ORDER BY s.name LIMIT ?", arguments: [after ?? "", limit]
        ).map(Self.spaceSummary)
    }

    func insertSpace(_ name: String, by principal: Principal) throws {
        try execute(
            "INSERT INTO space (name, created_at, created_by) VALUES (?, ?, ?)", [name, now, principal.id])
    }

    func contents(of space: String, limit: Int) throws -> SpaceContents {
        let id = try requireSpaceID(space)
        return SpaceContents(
            endpoints: try String.fetchAll(
                db, sql: "SELECT endpoint FROM deployment WHERE space_id = ? AND is_live = 1 ORDER BY endpoint LIMIT ?",
                arguments: [id, limit]),
            models: try String.fetchAll(
                db, sql: "SELECT name FROM model WHERE space_id = ? ORDER BY name LIMIT ?", arguments: [id, limit]),
            promotions: try Int.fetchAll(
                db,
                sql: """
                    SELECT number FROM promotion
                    WHERE (source_id = :id OR target_id = :id) AND state IN (\(Self.openStates))
                    ORDER BY number LIMIT :limit
                    """, arguments: ["id": id, "limit": limit]))
    }

    func removeSpace(_ name: String) throws {
        let id = try requireSpaceID(name)
        try execute("DELETE FROM version_space WHERE space_id = ?", [id])
        try execute("DELETE FROM blob_space WHERE space_id = ?", [id])
        try execute("DELETE FROM member WHERE space_id = ?", [id])
        try endAlerts(ofSpace: id)
        try removeRepositories(ofSpace: id)
        try removeExperiments(ofSpace: id, name: name)
        try removeWebhooks(ofSpace: id)
        // No name begins with a tilde.
        try execute(
            "UPDATE space SET name = '~' || id || '~' || name, removed_at = ? WHERE id = ?", [now, id])
    }

    func policyRevisions(of space: String, before: Int?, limit: Int) throws -> [PolicyRevision] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT revision AS policy_revision, document, created_at, created_by FROM space_policy
                WHERE space_id = ? AND revision < ? ORDER BY revision DESC LIMIT ?
                """, arguments: [try requireSpaceID(space), before ?? Int.max, limit]
        ).map { row in
            PolicyRevision(
                policy: try Self.policy(row), setAt: Timestamp(microseconds: row["created_at"]),
                setBy: row["created_by"])
        }
    }

    /// What a space demands; `nil` when there is no such space.
    func policy(of space: String) throws -> SpacePolicy? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT s.policy_revision, p.document FROM space s
                LEFT JOIN space_policy p ON p.space_id = s.id AND p.revision = s.policy_revision WHERE s.name = ?
                """)
        return try Row.fetchOne(statement, arguments: [space]).map(Self.policy)
    }

    func setPolicy(_ policy: SpacePolicy, of space: String, by principal: Principal) throws {
        let id = try requireSpaceID(space)
        try execute(
            "UPDATE space SET isolation = ?, policy_revision = ? WHERE id = ?",
            [policy.isolation?.rawValue, policy.revision, id])
        try execute(
            """
            INSERT INTO space_policy (space_id, revision, document, created_at, created_by) VALUES (?, ?, ?, ?, ?)
            """, [id, policy.revision, policy.document.json, now, principal.id])
    }

    func promotionSources(of space: String) throws -> [String] { try policy(of: space)?.promotesFrom ?? [] }

    /// Of a row with the policy's revision and document; without a document it demands nothing.
    private static func policy(_ row: Row) throws -> SpacePolicy {
        guard let document: String = row["document"] else { return SpacePolicy(revision: row["policy_revision"]) }
        return try SpacePolicy(
            document: try decode(DocumentValue.self, document), revision: row["policy_revision"])
    }

    /// What a space demands of where its models run, of a row with that column.
    static func isolation(_ row: Row) throws -> Isolation? {
        guard let word: String = row["isolation"] else { return nil }
        guard let isolation = Isolation(rawValue: word) else {
            throw ControlError(.internalFailure, "a space demands the unknown isolation '\(word)'")
        }
        return isolation
    }

    private static func spaceSummary(_ row: Row) throws -> SpaceSummary {
        SpaceSummary(
            space: Space(
                name: row["name"], createdAt: Timestamp(microseconds: row["created_at"]), policy: try policy(row)),
            models: row["models"], deployments: row["deployments"])
    }
}
