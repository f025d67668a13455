import GRDB

/// What the folders ask the database.
extension StoredTransaction {
    /// The versions with these bytes, but for deleted ones.
    func labels(digest: String) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT m.name || ':' || v.number FROM version v JOIN model m ON m.id = v.model_id
                WHERE v.digest = ? AND v.deleted_at IS NULL ORDER BY m.name, v.number
                """, arguments: [digest])
    }

    /// The versions, data sets and artifacts that a blob is part of.
    func labels(blob sha256: String) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT m.name || ':' || v.number FROM version_file f
                JOIN version v ON v.id = f.version_id JOIN model m ON m.id = v.model_id
                WHERE f.sha256 = :sha256
                UNION SELECT 'data set ' || d.name || ':' || v.number || ' of space ' || s.name
                FROM data_set_version v JOIN data_set d ON d.id = v.data_set_id JOIN space s ON s.id = d.space_id
                WHERE v.sha256 = :sha256
                UNION SELECT 'artifact ' || a.path || ' of run ' || r.run_id
                FROM artifact a JOIN tracked_run r ON r.id = a.run WHERE a.sha256 = :sha256
                UNION SELECT 'artifact ' || a.path || ' of logged model ' || m.model_id
                FROM artifact a JOIN logged_model m ON m.id = a.model WHERE a.sha256 = :sha256
                ORDER BY 1
                """, arguments: ["sha256": sha256])
    }

    func blobSizes() throws -> [String: Int] {
        var sizes: [String: Int] = [:]
        let rows = try Row.fetchCursor(db, sql: "SELECT sha256, size FROM blob")
        while let row = try rows.next() { sizes[row["sha256"]] = row["size"] }
        return sizes
    }

    func hasBlob(_ sha256: String) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT 1 FROM blob WHERE sha256 = ?", arguments: [sha256]) != nil
    }

    /// The digests of the versions that serve somewhere.
    func liveDigests() throws -> Set<String> {
        try String.fetchSet(
            db,
            sql: """
                SELECT v.digest FROM deployment d
                JOIN revision r ON r.deployment_id = d.id AND r.number = d.revision
                JOIN version v ON v.id = r.version_id WHERE d.is_live = 1
                """)
    }

    /// Whether the blob came, or was said to be here, within the last `microseconds`.
    func wasSeen(_ sha256: String, within microseconds: Int) throws -> Bool {
        try Int.fetchOne(
            db, sql: "SELECT 1 FROM blob WHERE sha256 = ? AND max(created_at, seen_at) > ?",
            arguments: [sha256, now - microseconds]) != nil
    }
}
