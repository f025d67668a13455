import Experiments
import GRDB
import Journal

/// The index of artifacts: whose each is, and which blob has its bytes.
extension StoredTransaction {
    func artifact(_ path: String, of owner: ArtifactOwner) throws -> ArtifactEntry? {
        let (column, row) = try place(of: owner)
        return try Row.fetchOne(
            db.cachedStatement(sql: "SELECT path, sha256, size FROM artifact WHERE \(column) = ? AND path = ?"),
            arguments: [row, path]
        ).map(Self.artifactEntry)
    }

    func artifacts(below folder: String, of owner: ArtifactOwner, limit: Int) throws -> [ArtifactEntry] {
        let (column, row) = try place(of: owner)
        let (first, last) = Self.bounds(folder)
        return try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT path, sha256, size FROM artifact WHERE \(column) = ? AND path > ? AND path < ?
                    ORDER BY path LIMIT ?
                    """), arguments: [row, first, last, limit]
        ).map(Self.artifactEntry)
    }

    func removeArtifacts(_ path: String, of owner: ArtifactOwner) throws -> Int {
        let (column, row) = try place(of: owner)
        let (first, last) = Self.bounds(path)
        try execute(
            "DELETE FROM artifact WHERE \(column) = ? AND (path = ? OR path > ? AND path < ?)",
            [row, path, first, last])
        return db.changesCount
    }

    /// In place of an earlier one at the same path.
    func put(_ entry: ArtifactEntry, of owner: ArtifactOwner) throws {
        let (column, row) = try place(of: owner)
        try execute(
            """
            INSERT INTO artifact (\(column), path, sha256, size, created_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (\(column), path) WHERE \(column) IS NOT NULL
                DO UPDATE SET sha256 = excluded.sha256, size = excluded.size, created_at = excluded.created_at
            """, [row, entry.path, entry.sha256, entry.size, now])
    }

    /// All paths below a folder are between these: `0` comes right after `/`, and no path has a byte above U+10FFFF's.
    private static func bounds(_ folder: String) -> (String, String) {
        folder.isEmpty ? ("", "\u{10FFFF}") : (folder + "/", folder + "0")
    }

    /// The column that names the owner, and its row; the names are ours, not the caller's.
    private func place(of owner: ArtifactOwner) throws -> (column: String, row: Int64) {
        switch owner {
        case .run(let id): ("run", try runRow(id))
        case .model(let id): ("model", try loggedModelRow(id))
        }
    }

    private static func artifactEntry(_ row: Row) -> ArtifactEntry {
        ArtifactEntry(path: row["path"], sha256: row["sha256"], size: row["size"])
    }
}

/// What deleted runs and logged models leave behind.
extension StoredTransaction {
    /// Removes for good what was deleted before `moment` (milliseconds), artifacts included; answers how many runs and
    /// logged models that were.
    func purgeTracking(before moment: Int) throws -> Int {
        try execute("DELETE FROM tracked_run WHERE deleted_at < ?", [moment])
        var count = db.changesCount
        try execute("DELETE FROM logged_model WHERE deleted_at < ?", [moment])
        count += db.changesCount
        // Those of a deleted experiment go with it.
        try execute(
            """
            DELETE FROM logged_model
                WHERE experiment_id IN (SELECT id FROM experiment WHERE deleted_at < ?)
            """, [moment])
        count += db.changesCount
        try execute(
            """
            DELETE FROM experiment WHERE deleted_at < ?
                AND NOT EXISTS (SELECT 1 FROM tracked_run r WHERE r.experiment_id = experiment.id)
                AND NOT EXISTS (SELECT 1 FROM logged_model m WHERE m.experiment_id = experiment.id)
            """, [moment])
        return count + db.changesCount
    }

    /// Removes what a space's experiments are, which have nothing left in them.
    func removeExperiments(ofSpace id: Int64, name: String) throws {
        let runs =
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM tracked_run r JOIN experiment e ON e.id = r.experiment_id
                    WHERE e.space_id = ? AND r.deleted_at IS NULL
                    """, arguments: [id]) ?? 0
        guard runs == 0 else {
            throw ControlError(
                .conflict, "space '\(name)' still has \(runs) runs of experiments",
                hint: "delete them first, as MLflow's client does")
        }
        for table in ["tracked_run", "logged_model"] {
            try execute(
                "DELETE FROM \(table) WHERE experiment_id IN (SELECT id FROM experiment WHERE space_id = ?)", [id])
        }
        try execute("DELETE FROM experiment WHERE space_id = ?", [id])
    }
}
