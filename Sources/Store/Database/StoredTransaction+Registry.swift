import GRDB
import Journal
import Registry
import Serving
import Tensors

extension StoredTransaction: RegistryTransaction {
    func model(named name: String) throws -> ModelRecord? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT m.name, s.name AS owner, m.latest_number FROM model m JOIN space s ON s.id = m.space_id
                WHERE m.name = ?
                """, arguments: [name]
        ).map { ModelRecord(name: $0["name"], owner: $0["owner"], latestNumber: $0["latest_number"]) }
    }

    func versionNumber(model: String, digest: String) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: """
                SELECT v.number FROM version v JOIN model m ON m.id = v.model_id
                WHERE m.name = ? AND v.digest = ? AND v.deleted_at IS NULL
                """, arguments: [model, digest])
    }

    func heldBlobs(_ digests: Set<String>, space: String) throws -> [String: Int] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT b.size FROM blob b JOIN blob_space h ON h.sha256 = b.sha256 JOIN space s ON s.id = h.space_id
                WHERE b.sha256 = ? AND s.name = ?
                """)
        var sizes: [String: Int] = [:]
        for digest in digests { sizes[digest] = try Int.fetchOne(statement, arguments: [digest, space]) }
        return sizes
    }

    func insertModel(_ name: String, owner: String, by principal: Principal) throws {
        try execute(
            "INSERT INTO model (name, space_id, created_at, created_by) VALUES (?, ?, ?, ?)",
            [name, try requireSpaceID(owner), now, principal.id])
    }

    func insertVersion(_ draft: VersionDraft, space: String, by principal: Principal) throws {
        try execute("UPDATE model SET latest_number = ? WHERE name = ?", [draft.number, draft.model])
        try execute(
            """
            INSERT INTO version (model_id, number, digest, format, size, metrics, tags, git_commit, dataset, created_at,
                created_by, description, run, git_run)
            VALUES ((SELECT id FROM model WHERE name = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                draft.model, draft.number, draft.artifact.digest, draft.artifact.format, draft.size,
                try Self.json(draft.provenance.metrics), try Self.json(draft.provenance.tags),
                draft.provenance.gitCommit, draft.provenance.dataset, now, principal.id,
                try Self.json(draft.description), draft.provenance.run,
                draft.provenance.gitRun,
            ])
        let id = db.lastInsertedRowID
        for file in draft.artifact.files {
            try execute(
                "INSERT INTO version_file (version_id, path, sha256, size) VALUES (?, ?, ?, ?)",
                [id, file.path, file.sha256, file.size])
        }
        if let arrival = draft.arrival { try insert(arrival, id) }
        try execute(
            "INSERT INTO version_space (space_id, version_id, created_at, created_by) VALUES (?, ?, ?, ?)",
            [try requireSpaceID(space), id, now, principal.id])
    }

    private func insert(_ arrival: VersionArrival, _ version: Int64) throws {
        try execute(
            "INSERT INTO version_origin (version_id, origin) VALUES (?, ?)",
            [version, try Self.json(arrival.origin)])
        if !arrival.text.isEmpty {
            try execute(
                "INSERT INTO version_note (version_id, description, updated_at) VALUES (?, ?, ?)",
                [version, arrival.text, now])
        }
        for (key, value) in arrival.tags {
            try execute("INSERT INTO version_tag (version_id, key, value) VALUES (?, ?, ?)", [version, key, value])
        }
    }
}
