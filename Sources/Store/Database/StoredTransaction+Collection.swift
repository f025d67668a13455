import GRDB

/// Which blobs nothing refers to.
extension StoredTransaction {
    /// Removes the rows of blobs that nothing refers to and that nobody sent or asked after since `moment`; answers which
    /// they were and how many bytes they have.
    func removeUnreferencedBlobs(before moment: Int) throws -> [(sha256: String, size: Int)] {
        let references = try references().map { table, column in
            "NOT EXISTS (SELECT 1 FROM \(table.quotedDatabaseIdentifier) r "
                + "WHERE r.\(column.quotedDatabaseIdentifier) = b.sha256)"
        }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT b.sha256, b.size FROM blob b
                WHERE max(b.created_at, b.seen_at) < ? AND \(references.joined(separator: " AND "))
                """, arguments: [moment])
        let found = rows.map { (sha256: $0["sha256"] as String, size: $0["size"] as Int) }
        for blob in found {
            try execute("DELETE FROM blob_space WHERE sha256 = ?", [blob.sha256])
            try execute("DELETE FROM blob WHERE sha256 = ?", [blob.sha256])
        }
        return found
    }

    /// Every column that refers to a blob, but for the one that only says who sent it: the schema's own foreign keys, so
    /// that a table that comes later keeps what it names without a word here.
    private func references() throws -> [(table: String, column: String)] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT t.name AS name, f."from" AS source FROM sqlite_schema t
                JOIN pragma_foreign_key_list(t.name) f
                WHERE t.type = 'table' AND f."table" = 'blob' AND t.name <> 'blob_space'
                ORDER BY t.name, source
                """
        ).map { ($0["name"], $0["source"]) }
    }
}
