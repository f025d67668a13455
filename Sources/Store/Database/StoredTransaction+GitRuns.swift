import Documents
import GRDB
import GitRuns
import Journal

extension StoredTransaction: GitRunTransaction {
    private static let repository = """
        SELECT g.*, s.name AS space FROM git_repository g JOIN space s ON s.id = g.space_id
        """
    private static let gitRun = """
        SELECT r.*, s.name AS space, g.name, g.url, g.branch, g.into_spaces, g.pause, g.added_at, g.added_by
        FROM git_run r JOIN git_repository g ON g.id = r.repository_id JOIN space s ON s.id = r.space_id
        """

    // MARK: - Repositories

    func isTaken(repository name: String) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM git_repository WHERE name = ? AND removed_at IS NULL)",
            arguments: [name]) ?? false
    }

    func repository(_ name: String, space: String) throws -> GitRepository? {
        try Row.fetchOne(
            db, sql: Self.repository + " WHERE g.name = ? AND s.name = ? AND g.removed_at IS NULL",
            arguments: [name, space]
        ).map { try Self.repository($0, id: $0["id"]) }
    }

    func repositories(space: String, after: String?, limit: Int) throws -> [GitRepository] {
        try Row.fetchAll(
            db,
            sql: Self.repository + """
                 WHERE s.name = ? AND g.name > ? AND g.removed_at IS NULL ORDER BY g.name LIMIT ?
                """, arguments: [space, after ?? "", limit]
        ).map { try Self.repository($0, id: $0["id"]) }
    }

    func insert(_ draft: GitRepositoryDraft, salt: String, by principal: Principal) throws {
        try execute(
            """
            INSERT INTO git_repository (space_id, name, url, branch, into_spaces, salt, added_at, added_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                try requireSpaceID(draft.space), draft.name, draft.url, draft.branch, try Self.json(draft.into), salt,
                now, principal.id,
            ])
    }

    func setPause(_ pause: GitRepository.Pause?, ofRepository id: Int64) throws {
        try execute(
            "UPDATE git_repository SET pause = ? WHERE id = ?", [try pause.map { try Self.json($0) }, id])
    }

    func removeRepository(_ id: Int64) throws {
        try execute("UPDATE git_repository SET removed_at = ? WHERE id = ?", [now, id])
    }

    /// Their names are free again.
    func removeRepositories(ofSpace id: Int64) throws {
        try execute("UPDATE git_repository SET removed_at = ? WHERE space_id = ? AND removed_at IS NULL", [now, id])
        // Another space may come to have its name, and has given nobody leave.
        try execute(
            """
            UPDATE git_repository SET into_spaces =
                (SELECT json_group_array(value) FROM json_each(into_spaces)
                    WHERE value <> (SELECT name FROM space WHERE id = ?))
            WHERE removed_at IS NULL
            """, [id])
    }

    private static func repository(_ row: Row, id: Int64) throws -> GitRepository {
        let pause: String? = row["pause"]
        return GitRepository(
            id: id, name: row["name"], space: row["space"], url: row["url"], branch: row["branch"],
            into: try decode([String].self, row["into_spaces"]),
            pause: try pause.map { try decode(GitRepository.Pause.self, $0) },
            addedAt: Timestamp(microseconds: row["added_at"]), addedBy: row["added_by"])
    }

    // MARK: - Runs

    func nextGitRun() throws -> Int { (try Int.fetchOne(db, sql: "SELECT max(number) FROM git_run") ?? 0) + 1 }

    func insert(_ run: GitRun) throws {
        try execute(
            """
            INSERT INTO git_run (number, repository_id, space_id, ref, wanted, cause, requested_by, requested_at, state,
                is_open, life)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run.number, run.repository.id, try requireSpaceID(run.space), run.ref, run.wanted,
                try Self.json(run.cause), run.requestedBy, run.requestedAt.microseconds, run.life.state.rawValue,
                run.isOpen, try Self.json(run.life),
            ])
    }

    func save(_ run: GitRun) throws {
        try execute(
            """
            UPDATE git_run SET state = ?, is_open = ?, life = ?, target_space = ?, target_endpoint = ? WHERE number = ?
            """,
            [
                run.life.state.rawValue, run.isOpen, try Self.json(run.life), run.target?.space, run.target?.endpoint,
                run.number,
            ])
    }

    func gitRun(_ number: Int, space: String?) throws -> GitRun? {
        let place = space == nil ? "" : " AND s.name = :space"
        var arguments: StatementArguments = ["number": number]
        if let space { arguments += ["space": space] }
        return try Row.fetchOne(db, sql: Self.gitRun + " WHERE r.number = :number" + place, arguments: arguments)
            .map(Self.gitRun)
    }

    func gitRuns(_ filter: GitRunFilter, before: Int?, limit: Int) throws -> [GitRun] {
        guard try hasSpace(filter.space) else { throw ControlError.spaceNotFound(filter.space) }
        var condition = "s.name = :space AND r.number < :before"
        var arguments: StatementArguments = ["space": filter.space, "before": before ?? Int.max, "limit": limit]
        if let repository = filter.repository {
            condition += " AND g.name = :repository"
            arguments += ["repository": repository]
        }
        if filter.onlyOpen { condition += " AND r.is_open = 1" }
        return try Row.fetchAll(
            db, sql: Self.gitRun + " WHERE \(condition) ORDER BY r.number DESC LIMIT :limit", arguments: arguments
        ).map(Self.gitRun)
    }

    func openGitRuns() throws -> [GitRun] {
        try Row.fetchAll(db.cachedStatement(sql: Self.gitRun + " WHERE r.is_open = 1 ORDER BY r.number"))
            .map(Self.gitRun)
    }

    func version(ofGitRun number: Int) throws -> PushedVersion? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT m.name AS model, v.number FROM version v JOIN model m ON m.id = v.model_id
                WHERE v.git_run = ? AND v.deleted_at IS NULL ORDER BY v.id DESC LIMIT 1
                """, arguments: [number]
        ).map { PushedVersion(model: $0["model"], number: $0["number"], isNew: true) }
    }

    func gitRun(thatPushed model: String, version: Int) throws -> GitRun? {
        try Row.fetchOne(
            db,
            sql: Self.gitRun + """
                 WHERE r.number = (SELECT v.git_run FROM version v JOIN model m ON m.id = v.model_id
                    WHERE m.name = ? AND v.number = ?)
                """, arguments: [model, version]
        ).map(Self.gitRun)
    }

    func gitRun(towards endpoint: String, space: String) throws -> GitRun? {
        try Row.fetchOne(
            db,
            sql: Self.gitRun + """
                 WHERE r.target_space = ? AND r.target_endpoint = ? ORDER BY r.number DESC LIMIT 1
                """, arguments: [space, endpoint]
        ).map(Self.gitRun)
    }

    private static func gitRun(_ row: Row) throws -> GitRun {
        var run = GitRun(
            number: row["number"], repository: try repository(row, id: row["repository_id"]), ref: row["ref"],
            wanted: row["wanted"], cause: try decode(GitRunCause.self, row["cause"]), requestedBy: row["requested_by"],
            requestedAt: Timestamp(microseconds: row["requested_at"]))
        run.life = try decode(GitRunLife.self, row["life"])
        return run
    }
}
