import GRDB
import Journal
import Registry

extension StoredTransaction: DataSetTransaction {
    private static let version = """
        SELECT d.name, s.name AS space, v.number, v.format, v.sha256, v.size, v.row_count, v.created_at, v.created_by,
            v.schema
        FROM data_set_version v
        JOIN data_set d ON d.id = v.data_set_id
        JOIN space s ON s.id = d.space_id
        """

    func latestDataSetNumber(_ name: String, space: String) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: """
                SELECT d.latest_number FROM data_set d JOIN space s ON s.id = d.space_id
                WHERE s.name = ? AND d.name = ?
                """, arguments: [space, name])
    }

    func dataSet(_ name: String, sha256: String, space: String) throws -> DataSetVersion? {
        try Row.fetchOne(
            db, sql: Self.version + " WHERE s.name = ? AND d.name = ? AND v.sha256 = ?",
            arguments: [space, name, sha256]
        ).map(Self.dataSetVersion)
    }

    func dataSet(_ name: String, number: Int?, space: String) throws -> DataSetVersion? {
        var arguments: StatementArguments = ["space": space, "name": name]
        if let number { arguments += ["number": number] }
        let chosen = number == nil ? "" : " AND v.number = :number"
        return try Row.fetchOne(
            db,
            sql: Self.version + " WHERE s.name = :space AND d.name = :name" + chosen
                + " ORDER BY v.number DESC LIMIT 1", arguments: arguments
        ).map(Self.dataSetVersion)
    }

    func dataSetVersions(_ name: String, space: String, before: Int?, limit: Int) throws -> [DataSetVersion] {
        try Row.fetchAll(
            db,
            sql: Self.version + " WHERE s.name = ? AND d.name = ? AND v.number < ? ORDER BY v.number DESC LIMIT ?",
            arguments: [space, name, before ?? Int.max, limit]
        ).map(Self.dataSetVersion)
    }

    func dataSets(space: String, after: String?, limit: Int) throws -> [DataSetVersion] {
        try Row.fetchAll(
            db,
            sql: Self.version + """
                 WHERE s.name = ? AND d.name > ?
                    AND v.number = (SELECT max(w.number) FROM data_set_version w WHERE w.data_set_id = d.id)
                ORDER BY d.name LIMIT ?
                """, arguments: [space, after ?? "", limit]
        ).map(Self.dataSetVersion)
    }

    func insertDataSet(_ draft: DataSetDraft, by principal: Principal) throws {
        let space = try requireSpaceID(draft.space)
        try execute(
            """
            INSERT INTO data_set (space_id, name, latest_number, created_at, created_by) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (space_id, name) DO UPDATE SET latest_number = excluded.latest_number
            """, [space, draft.name, draft.number, now, principal.id])
        try execute(
            """
            INSERT INTO data_set_version
                (data_set_id, number, format, sha256, size, row_count, created_at, created_by, schema)
            VALUES ((SELECT id FROM data_set WHERE space_id = ? AND name = ?), ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                space, draft.name, draft.number, draft.format.rawValue, draft.sha256, draft.size, draft.rowCount, now,
                principal.id, try Self.json(draft.schema),
            ])
    }

    private static func dataSetVersion(_ row: Row) throws -> DataSetVersion {
        let word: String = row["format"]
        guard let format = DataSetFormat(rawValue: word) else {
            throw ControlError(.internalFailure, "a data set has the unknown format '\(word)'")
        }
        return DataSetVersion(
            name: row["name"], number: row["number"], space: row["space"], format: format, sha256: row["sha256"],
            size: row["size"], rowCount: row["row_count"], schema: try decode(DataSetSchema.self, row["schema"]),
            createdAt: Timestamp(microseconds: row["created_at"]), createdBy: row["created_by"])
    }
}
