import GRDB
import Journal
import Registry

extension StoredTransaction {
    private static let catalog = """
        SELECT v.id, v.model_id, m.name AS model, v.number, v.digest, v.metrics, v.tags, v.git_commit, v.dataset, v.run,
            v.created_at, v.created_by, g.origin, n.description, n.updated_at
        FROM version_space a
        JOIN version v ON v.id = a.version_id
        JOIN model m ON m.id = v.model_id
        LEFT JOIN version_origin g ON g.version_id = v.id
        LEFT JOIN version_note n ON n.version_id = v.id
        WHERE a.space_id = :space
        """

    func catalogVersions(of model: String?, space: String) throws -> [CatalogVersion] {
        let space = try requireSpaceID(space)
        let rows = try Row.fetchAll(
            db,
            sql: Self.catalog + " AND (:model IS NULL OR m.name = :model) ORDER BY m.name, v.number DESC",
            arguments: ["space": space, "model": model])
        let aliases = try aliases(space: space, model: nil)
        return try rows.map { try catalogVersion($0, aliases) }
    }

    func catalogVersion(_ model: String, number: Int?, space: String) throws -> CatalogVersion? {
        let space = try requireSpaceID(space)
        let row = try Row.fetchOne(
            db,
            sql: Self.catalog + """
                 AND m.name = :model AND (:number IS NULL OR v.number = :number)
                ORDER BY v.number DESC LIMIT 1
                """, arguments: ["space": space, "model": model, "number": number])
        return try row.map { try catalogVersion($0, try aliases(space: space, model: $0["model_id"])) }
    }

    private func catalogVersion(_ row: Row, _ aliases: [Int64: [String: Int]]) throws -> CatalogVersion {
        let number: Int = row["number"]
        let provenance = try Self.provenance(row)
        let created: Int = row["created_at"]
        let names = (aliases[row["model_id"]] ?? [:]).filter { $0.value == number }.keys.sorted()
        return CatalogVersion(
            model: row["model"], number: number, digest: row["digest"], provenance: provenance,
            origin: try Self.origin(row), description: row["description"] ?? "",
            tags: try tags(of: row["id"], pushedWith: provenance.tags), aliases: names,
            createdAt: Timestamp(microseconds: created),
            updatedAt: Timestamp(microseconds: row["updated_at"] ?? created), createdBy: row["created_by"])
    }

    /// Of a row with the column `origin`.
    static func origin(_ row: Row) throws -> VersionOrigin? {
        guard let json: String = row["origin"] else { return nil }
        return try decode(VersionOrigin.self, json)
    }

    /// The tags of a version as they are now.
    func tags(of version: Int64, pushedWith tags: [String: String]) throws -> [String: String] {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT key, value FROM version_tag WHERE version_id = ?"), arguments: [version])
        return rows.reduce(into: tags) { tags, row in
            let value: String? = row["value"]
            tags[row["key"]] = value
        }
    }

    func describe(_ model: String, number: Int, _ description: String) throws {
        try execute(
            """
            INSERT INTO version_note (version_id, description, updated_at) VALUES (?, ?, ?)
            ON CONFLICT (version_id) DO UPDATE SET description = excluded.description, updated_at = excluded.updated_at
            """, [try versionID(model, number), description, now])
    }

    func setTag(_ key: String, to value: String?, of model: String, number: Int) throws -> Bool {
        let id = try versionID(model, number)
        let pushed: [String: String] = try Self.dictionary(
            try String.fetchOne(db, sql: "SELECT tags FROM version WHERE id = ?", arguments: [id]) ?? "{}")
        guard try tags(of: id, pushedWith: pushed)[key] != value else { return false }
        try execute(
            """
            INSERT INTO version_tag (version_id, key, value) VALUES (?, ?, ?)
            ON CONFLICT (version_id, key) DO UPDATE SET value = excluded.value
            """, [id, key, value])
        try execute(
            """
            INSERT INTO version_note (version_id, description, updated_at) VALUES (?, '', ?)
            ON CONFLICT (version_id) DO UPDATE SET updated_at = excluded.updated_at
            """, [id, now])
        return true
    }

    private func versionID(_ model: String, _ number: Int) throws -> Int64 {
        let id = try Int64.fetchOne(
            db,
            sql: "SELECT v.id FROM version v JOIN model m ON m.id = v.model_id WHERE m.name = ? AND v.number = ?",
            arguments: [model, number])
        guard let id else {
            throw ControlError(.notFound, "there is no version '\(model):\(number)'", field: "version")
        }
        return id
    }
}
