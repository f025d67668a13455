import GRDB
import Journal
import Registry
import Serving
import Tensors

extension StoredTransaction {
    /// The row of a version that is available in a space; the latest such without a number.
    func availableVersion(model: String, number: Int?, space: String) throws -> Row? {
        let newest = number == nil ? "" : "AND v.number = :number"
        var arguments: StatementArguments = ["model": model, "space": space]
        if let number { arguments += ["number": number] }
        return try Row.fetchOne(
            db,
            sql: """
                SELECT v.*, m.name AS model, o.name AS owner, g.origin, n.description AS text
                FROM model m
                JOIN space o ON o.id = m.space_id
                JOIN version v ON v.model_id = m.id
                JOIN version_space a ON a.version_id = v.id
                JOIN space s ON s.id = a.space_id AND s.name = :space
                LEFT JOIN version_origin g ON g.version_id = v.id
                LEFT JOIN version_note n ON n.version_id = v.id
                WHERE m.name = :model \(newest)
                ORDER BY v.number DESC LIMIT 1
                """, arguments: arguments)
    }

    /// Of a row with the columns of `version`.
    func artifact(_ row: Row) throws -> ArtifactReference {
        let id: Int64 = row["id"]
        let files = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT path, sha256, size FROM version_file WHERE version_id = ? ORDER BY path"),
            arguments: [id])
        return ArtifactReference(
            digest: row["digest"], format: row["format"],
            files: files.map { ArtifactReference.File(path: $0["path"], sha256: $0["sha256"], size: $0["size"]) })
    }

    func description(_ row: Row) throws -> ModelDescription {
        try descriptions.description(row["id"]) { row["description"] }
    }

    func version(model: String, number: Int?, space: String) throws -> ModelVersion? {
        guard let row = try availableVersion(model: model, number: number, space: space) else { return nil }
        let provenance = try Self.provenance(row)
        return ModelVersion(
            model: row["model"], number: row["number"], space: row["owner"], artifact: try artifact(row),
            size: row["size"], description: try description(row), provenance: provenance,
            origin: try Self.origin(row), tags: try tags(of: row["id"], pushedWith: provenance.tags),
            text: row["text"] ?? "", createdAt: Timestamp(microseconds: row["created_at"]),
            createdBy: row["created_by"])
    }

    func versions(model: String, space: String, before: Int?, limit: Int) throws -> [VersionSummary] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT m.name AS model, o.name AS owner, v.number, v.digest, v.format, v.size, v.metrics, v.tags,
                    v.git_commit, v.dataset, v.run, v.git_run, v.created_at, v.created_by
                FROM model m
                JOIN space o ON o.id = m.space_id
                JOIN version v ON v.model_id = m.id
                JOIN version_space a ON a.version_id = v.id
                JOIN space s ON s.id = a.space_id AND s.name = ?
                WHERE m.name = ? AND v.number < ?
                ORDER BY v.number DESC LIMIT ?
                """, arguments: [space, model, before ?? Int.max, limit]
        ).map { row in
            VersionSummary(
                model: row["model"], number: row["number"], space: row["owner"], digest: row["digest"],
                format: row["format"], size: row["size"], provenance: try Self.provenance(row),
                createdAt: Timestamp(microseconds: row["created_at"]), createdBy: row["created_by"])
        }
    }

    static func provenance(_ row: Row) throws -> Provenance {
        Provenance(
            stored: try dictionary(row["metrics"]), tags: try dictionary(row["tags"]), gitCommit: row["git_commit"],
            dataset: row["dataset"], run: row["run"], gitRun: row["git_run"])
    }

    static func dictionary<Value: Decodable>(_ json: String) throws -> [String: Value] {
        json == "{}" ? [:] : try decode([String: Value].self, json)
    }
}
