import GRDB
import Journal
import Registry

extension StoredTransaction {
    func holds(on model: String, number: Int, space: String) throws -> [VersionHold] {
        guard let version = try availableVersion(model: model, number: number, space: space) else { return [] }
        let id: Int64 = version["id"]
        return try deployments(of: id, space: space) + rollbackTargets(of: id, space: space)
            + rollouts(of: id, space: space) + promotions(of: model, number) + otherSpaces(with: id, than: space)
    }

    private func deployments(of version: Int64, space: String) throws -> [VersionHold] {
        try String.fetchAll(
            db,
            sql: """
                SELECT d.endpoint FROM deployment d
                JOIN space s ON s.id = d.space_id
                JOIN revision r ON r.deployment_id = d.id AND r.number = d.revision
                WHERE d.is_live = 1 AND s.name = ? AND r.version_id = ? ORDER BY d.endpoint
                """, arguments: [space, version]
        ).map(VersionHold.deployed)
    }

    /// Where the version was what served before the current one, since the endpoint was last deployed anew. That a
    /// deployment changed its options or left memory meanwhile is no step of its own.
    private func rollbackTargets(of version: Int64, space: String) throws -> [VersionHold] {
        try String.fetchAll(
            db,
            sql: """
                SELECT d.endpoint FROM deployment d
                JOIN space s ON s.id = d.space_id
                JOIN revision current ON current.deployment_id = d.id AND current.number = d.revision
                JOIN revision before ON before.deployment_id = d.id AND before.number = (
                    SELECT max(r.number) FROM revision r
                    WHERE r.deployment_id = d.id AND r.version_id <> current.version_id
                        AND r.number > coalesce(
                            (SELECT max(e.number) FROM revision e WHERE e.deployment_id = d.id AND e.action = 'delete'),
                            0))
                WHERE d.is_live = 1 AND s.name = ? AND before.version_id = ? ORDER BY d.endpoint
                """, arguments: [space, version]
        ).map(VersionHold.rollbackTarget)
    }

    /// Open rollouts in the space that it takes part in, on either side.
    private func rollouts(of version: Int64, space: String) throws -> [VersionHold] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT o.number, d.endpoint FROM rollout o
                JOIN deployment d ON d.id = o.deployment_id
                JOIN space s ON s.id = d.space_id
                JOIN rollout_version v ON v.rollout_id = o.id
                WHERE s.name = ? AND v.version_id = ? AND o.state IN (\(Self.openRolloutStates))
                ORDER BY d.endpoint
                """, arguments: [space, version]
        ).map { VersionHold.rollout(number: $0["number"], endpoint: $0["endpoint"]) }
    }

    /// Promotions of it that are under way, to wherever.
    private func promotions(of model: String, _ number: Int) throws -> [VersionHold] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT number, target FROM promotion
                WHERE model = ? AND version = ? AND state IN ('checking', 'awaitingApproval') ORDER BY number
                """, arguments: [model, number]
        ).map { VersionHold.promotion(number: $0["number"], to: $0["target"]) }
    }

    private func otherSpaces(with version: Int64, than space: String) throws -> [VersionHold] {
        try String.fetchAll(
            db,
            sql: """
                SELECT s.name FROM version_space a JOIN space s ON s.id = a.space_id
                WHERE a.version_id = ? AND s.name <> ? ORDER BY s.name
                """, arguments: [version, space]
        ).map(VersionHold.available)
    }

    func deleteVersion(model: String, number: Int, by principal: Principal) throws {
        let id = try requireVersionID(model: model, number: number)
        try execute("DELETE FROM model_alias WHERE version_id = ?", [id])
        try execute("DELETE FROM version_space WHERE version_id = ?", [id])
        try execute("DELETE FROM version_file WHERE version_id = ?", [id])
        try execute("UPDATE version SET deleted_at = ?, deleted_by = ? WHERE id = ?", [now, principal.id, id])
    }

    func withdrawVersion(model: String, number: Int, from space: String) throws {
        let place: StatementArguments = [try requireVersionID(model: model, number: number), try requireSpaceID(space)]
        try execute("DELETE FROM model_alias WHERE version_id = ? AND space_id = ?", place)
        try execute("DELETE FROM version_space WHERE version_id = ? AND space_id = ?", place)
    }

    private func requireVersionID(model: String, number: Int) throws -> Int64 {
        let id = try Int64.fetchOne(
            db,
            sql: """
                SELECT v.id FROM version v JOIN model m ON m.id = v.model_id
                WHERE m.name = ? AND v.number = ? AND v.deleted_at IS NULL
                """, arguments: [model, number])
        guard let id else {
            throw ControlError(.notFound, "there is no version '\(model):\(number)'", field: "version")
        }
        return id
    }
}
