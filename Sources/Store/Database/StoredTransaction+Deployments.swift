import Deployments
import GRDB
import Governance
import Journal
import Registry
import Serving
import Tensors

extension StoredTransaction: DeploymentTransaction {
    func entry(
        endpoint: String, space: String, model: String, number: Int?, revision: Int, options: EndpointOptions
    ) throws -> EndpointEntry? {
        guard let row = try availableVersion(model: model, number: number, space: space) else { return nil }
        if let reason = try Self.origin(row)?.undeployable {
            throw ControlError.undeployable("\(model):\(row["number"] as Int)", reason)
        }
        let (isolation, reason) = (try policy(of: space) ?? SpacePolicy()).isolation(wanted: options.isolation)
        return EndpointEntry(
            space: space, name: endpoint, model: model, version: row["number"], revision: revision,
            artifact: try artifact(row), description: try description(row), options: options, isolation: isolation,
            isolationReason: reason, isLoaded: true)
    }

    func pusher(of model: String, version: Int) throws -> String {
        try String.fetchOne(
            db,
            sql: """
                SELECT v.created_by FROM version v JOIN model m ON m.id = v.model_id WHERE m.name = ? AND v.number = ?
                """, arguments: [model, version]) ?? ""
    }

    func endpoint(_ name: String, space: String) throws -> EndpointRecord? {
        guard
            let last = try Int.fetchOne(
                db,
                sql: """
                    SELECT d.revision FROM deployment d JOIN space s ON s.id = d.space_id
                    WHERE s.name = ? AND d.endpoint = ?
                    """, arguments: [space, name])
        else { return nil }
        let live = try Row.fetchOne(
            db, sql: Self.live + " AND s.name = ? AND d.endpoint = ?", arguments: [space, name])
        return EndpointRecord(lastRevision: last, live: try live.map(Self.deployment))
    }

    func append(_ draft: RevisionDraft, by principal: Principal) throws {
        // An endpoint that comes back after a deletion may take another model and begins anew, but for its numbers.
        try execute(
            """
            INSERT INTO deployment (space_id, endpoint, model_id, revision, is_live, is_loaded, created_at)
            VALUES (:space, :endpoint, (SELECT id FROM model WHERE name = :model), :revision, :live, :loaded, :now)
            ON CONFLICT (space_id, endpoint) DO UPDATE SET
                created_at = CASE WHEN is_live = 1 THEN created_at ELSE excluded.created_at END,
                model_id = excluded.model_id, revision = excluded.revision, is_live = excluded.is_live,
                is_loaded = excluded.is_loaded
            """,
            [
                "space": try requireSpaceID(draft.space), "endpoint": draft.endpoint, "model": draft.model,
                "revision": draft.number, "live": draft.action != .delete,
                "loaded": draft.action != .delete && draft.action != .unload, "now": now,
            ])
        try execute(
            """
            INSERT INTO revision (deployment_id, number, action, version_id, options, reason, created_at,
                created_by, rollout, equals, evidence)
            VALUES (
                (SELECT d.id FROM deployment d JOIN space s ON s.id = d.space_id
                    WHERE s.name = :space AND d.endpoint = :endpoint),
                :number, :action,
                (SELECT v.id FROM version v JOIN model m ON m.id = v.model_id
                    WHERE m.name = :model AND v.number = :version),
                :options, :reason, :now, :principal, :rollout, :equals, :evidence)
            """,
            [
                "space": draft.space, "endpoint": draft.endpoint, "number": draft.number,
                "action": draft.action.rawValue, "model": draft.model, "version": draft.version,
                "options": try Self.json(draft.options), "reason": draft.reason, "now": now,
                "principal": principal.id, "rollout": draft.origin.rollout, "equals": draft.origin.equals,
                "evidence": draft.origin.evidence,
            ])
    }

    func deployments(space: String, after: String?, limit: Int) throws -> [Deployment] {
        try Row.fetchAll(
            db, sql: Self.live + " AND s.name = ? AND d.endpoint > ? ORDER BY d.endpoint LIMIT ?",
            arguments: [space, after ?? "", limit]
        ).map(Self.deployment)
    }

    func revisions(endpoint: String, space: String) throws -> [Revision] {
        try Row.fetchAll(db, sql: Self.revision + " ORDER BY r.number DESC", arguments: [space, endpoint])
            .map(Self.revision)
    }

    func revision(endpoint: String, space: String, at time: Timestamp) throws -> Revision? {
        try Row.fetchOne(
            db, sql: Self.revision + " AND r.created_at <= ? ORDER BY r.number DESC LIMIT 1",
            arguments: [space, endpoint, time.microseconds]
        ).map(Self.revision)
    }

    /// With the promotion that brought its version into the space.
    private static let revision = """
        SELECT r.*, m.name AS model, v.number AS version, v.digest,
            d.is_live = 1 AND d.revision = r.number AS is_current,
            (SELECT max(p.number) FROM promotion p
                WHERE p.target_id = d.space_id AND p.model = m.name AND p.version = v.number AND p.state = 'applied')
                AS promotion
        FROM deployment d
        JOIN space s ON s.id = d.space_id
        JOIN revision r ON r.deployment_id = d.id
        JOIN version v ON v.id = r.version_id
        JOIN model m ON m.id = v.model_id
        WHERE s.name = ? AND d.endpoint = ?
        """

    private static func revision(_ row: Row) throws -> Revision {
        guard let action = Revision.Action(rawValue: row["action"]) else {
            throw ControlError(.internalFailure, "a revision has the unknown action '\(row["action"] as String)'")
        }
        return Revision(
            number: row["number"], action: action, model: row["model"], version: row["version"],
            digest: row["digest"], options: try options(row),
            createdAt: Timestamp(microseconds: row["created_at"]), createdBy: row["created_by"],
            reason: row["reason"],
            origin: RevisionOrigin(rollout: row["rollout"], equals: row["equals"], evidence: row["evidence"]),
            promotion: row["promotion"], isCurrent: row["is_current"])
    }

    func snapshot() throws -> ServingSnapshot {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT v.*, s.name AS space, d.endpoint, m.name AS model, d.is_loaded, r.number AS revision,
                    r.options, s.isolation
                \(Self.liveTables) ORDER BY s.name, d.endpoint
                """)
        return ServingSnapshot(
            generation: try generation().number,
            endpoints: try sharing(
                rows.map { row in
                    let options = try Self.options(row)
                    let demanded = SpacePolicy(isolation: try Self.isolation(row))
                    let (isolation, reason) = demanded.isolation(wanted: options.isolation)
                    return EndpointEntry(
                        space: row["space"], name: row["endpoint"], model: row["model"], version: row["number"],
                        revision: row["revision"], artifact: try artifact(row), description: try description(row),
                        options: options, isolation: isolation, isolationReason: reason, isLoaded: row["is_loaded"])
                }))
    }

    private static let liveTables = """
        FROM deployment d
        JOIN space s ON s.id = d.space_id
        JOIN revision r ON r.deployment_id = d.id AND r.number = d.revision
        JOIN version v ON v.id = r.version_id
        JOIN model m ON m.id = v.model_id
        WHERE d.is_live = 1
        """

    private static let live = """
        SELECT d.endpoint, s.name AS space, m.name AS model, v.number AS version, v.digest, r.number AS revision,
            r.options, d.is_loaded, d.created_at,
            r.created_at AS updated_at, r.created_by, r.reason
        \(liveTables)
        """

    private static func deployment(_ row: Row) throws -> Deployment {
        Deployment(
            endpoint: row["endpoint"], space: row["space"], model: row["model"], version: row["version"],
            digest: row["digest"], revision: row["revision"], options: try options(row), isLoaded: row["is_loaded"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            updatedAt: Timestamp(microseconds: row["updated_at"]), updatedBy: row["created_by"], reason: row["reason"])
    }

    private static func options(_ row: Row) throws -> EndpointOptions {
        try decode(EndpointOptions.self, row["options"])
    }
}
