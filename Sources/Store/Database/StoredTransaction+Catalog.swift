import GRDB
import Journal
import Registry

extension StoredTransaction: CatalogTransaction {
    /// Models with a version in the space, and those of its own that were registered.
    private static let registered = """
        SELECT m.id, m.name, o.name AS owner, m.created_at, m.created_by, r.description,
            (SELECT w.number FROM version w JOIN version_space a ON a.version_id = w.id AND a.space_id = :space
                WHERE w.model_id = m.id ORDER BY w.number DESC LIMIT 1) AS latest,
            max(m.created_at, coalesce(r.created_at, 0), coalesce(r.updated_at, 0), coalesce(
                (SELECT max(w.created_at) FROM version w
                    JOIN version_space a ON a.version_id = w.id AND a.space_id = :space WHERE w.model_id = m.id), 0))
                AS updated_at
        FROM model m
        JOIN space o ON o.id = m.space_id
        LEFT JOIN model_registration r ON r.model_id = m.id
        WHERE (latest IS NOT NULL OR (m.space_id = :space AND r.model_id IS NOT NULL))
        """

    func registeredModel(_ name: String, space: String) throws -> RegisteredModel? {
        let space = try requireSpaceID(space)
        let row = try Row.fetchOne(
            db, sql: Self.registered + " AND m.name = :name", arguments: ["space": space, "name": name])
        return try row.map { row in
            let id: Int64 = row["id"]
            let aliases = try aliases(space: space, model: id)
            return try registeredModel(row, aliases[id] ?? [:])
        }
    }

    func registeredModels(space: String) throws -> [RegisteredModel] {
        let space = try requireSpaceID(space)
        let rows = try Row.fetchAll(db, sql: Self.registered + " ORDER BY m.name", arguments: ["space": space])
        let aliases = try aliases(space: space, model: nil)
        return try rows.map { try registeredModel($0, aliases[$0["id"]] ?? [:]) }
    }

    private func registeredModel(_ row: Row, _ aliases: [String: Int]) throws -> RegisteredModel {
        RegisteredModel(
            name: row["name"], owner: row["owner"], description: row["description"] ?? "",
            tags: try modelTags(row["id"]), aliases: aliases, latest: row["latest"],
            createdAt: Timestamp(microseconds: row["created_at"]),
            updatedAt: Timestamp(microseconds: row["updated_at"]),
            createdBy: row["created_by"])
    }

    func modelTags(_ model: Int64) throws -> [String: String] {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT key, value FROM model_tag WHERE model_id = ?"), arguments: [model])
        return Dictionary(rows.map { ($0["key"], $0["value"]) }) { first, _ in first }
    }

    /// Version numbers by alias, by model, in one space.
    func aliases(space: Int64, model: Int64?) throws -> [Int64: [String: Int]] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT a.model_id, a.alias, v.number FROM model_alias a JOIN version v ON v.id = a.version_id
                WHERE a.space_id = :space AND (:model IS NULL OR a.model_id = :model)
                """, arguments: ["space": space, "model": model])
        return rows.reduce(into: [:]) { $0[$1["model_id"], default: [:]][$1["alias"]] = $1["number"] }
    }

    func register(_ model: String, description: String?, by principal: Principal) throws {
        try execute(
            """
            INSERT INTO model_registration (model_id, description, created_at, created_by, updated_at)
            VALUES ((SELECT id FROM model WHERE name = :model), coalesce(:description, ''), :now, :principal, :now)
            ON CONFLICT (model_id) DO UPDATE SET
                description = coalesce(:description, description), updated_at = excluded.updated_at
            """, ["model": model, "description": description, "now": now, "principal": principal.id])
    }

    func unregister(_ model: String) throws {
        for table in ["model_registration", "model_tag", "model_alias"] {
            try execute("DELETE FROM \(table) WHERE model_id = (SELECT id FROM model WHERE name = ?)", [model])
        }
    }

    func setTag(_ key: String, to value: String?, ofModel model: String) throws -> Bool {
        if let value {
            try execute(
                """
                INSERT INTO model_tag (model_id, key, value) VALUES ((SELECT id FROM model WHERE name = ?), ?, ?)
                ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value
                """, [model, key, value])
        } else {
            try execute(
                "DELETE FROM model_tag WHERE model_id = (SELECT id FROM model WHERE name = ?) AND key = ?",
                [model, key])
        }
        return db.changesCount > 0
    }

    func target(of alias: String, model: String, space: String) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: """
                SELECT v.number FROM model_alias a
                JOIN version v ON v.id = a.version_id JOIN model m ON m.id = a.model_id
                JOIN space s ON s.id = a.space_id
                WHERE m.name = ? AND s.name = ? AND a.alias = ?
                """, arguments: [model, space, alias])
    }

    func setAlias(_ alias: String, of model: String, to number: Int?, space: String, by principal: Principal) throws {
        let space = try requireSpaceID(space)
        try execute(
            """
            DELETE FROM model_alias
            WHERE model_id = (SELECT id FROM model WHERE name = ?) AND space_id = ? AND alias = ?
            """, [model, space, alias])
        guard let number else { return }
        try execute(
            """
            INSERT INTO model_alias (model_id, space_id, alias, version_id, created_at, created_by)
            SELECT m.id, ?, ?, v.id, ?, ? FROM model m JOIN version v ON v.model_id = m.id
            WHERE m.name = ? AND v.number = ?
            """, [space, alias, now, principal.id, model, number])
    }
}
