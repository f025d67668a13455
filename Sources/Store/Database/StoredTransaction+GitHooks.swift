import GRDB
import GitRuns
import Journal

extension StoredTransaction: HookTransaction {
    private static let id = "(SELECT id FROM git_repository WHERE name = :repository AND removed_at IS NULL)"

    func hookedRepository(_ name: String) throws -> HookedRepository? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT g.name, s.name AS space, g.url, g.branch, g.salt
                    FROM git_repository g JOIN space s ON s.id = g.space_id WHERE g.name = ? AND g.removed_at IS NULL
                    """), arguments: [name]
        ).map {
            HookedRepository(
                name: $0["name"], space: $0["space"], url: $0["url"], branch: $0["branch"], salt: $0["salt"])
        }
    }

    /// The same body before the same id: whoever sends an old body under the id of another message gets the old answer.
    func answeredMessage(digest: String, delivery: String?, repository: String) throws -> AnsweredMessage? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT digest, delivery, answer FROM git_hook_message
                    WHERE repository_id = \(Self.id) AND (digest = :digest OR delivery = :delivery)
                    ORDER BY digest = :digest DESC, id LIMIT 1
                    """), arguments: ["repository": repository, "digest": digest, "delivery": delivery]
        ).map {
            AnsweredMessage(
                digest: $0["digest"], delivery: $0["delivery"], answer: try Self.decode(HookAnswer.self, $0["answer"]))
        }
    }

    func remember(_ message: AnsweredMessage, repository: String, atMost limit: Int) throws {
        try execute(
            """
            INSERT INTO git_hook_message (repository_id, digest, delivery, answer, received_at)
            VALUES (\(Self.id), :digest, :delivery, :answer, :now)
            """,
            [
                "repository": repository, "digest": message.digest, "delivery": message.delivery,
                "answer": try Self.json(message.answer), "now": now,
            ])
        try execute(
            """
            DELETE FROM git_hook_message WHERE repository_id = \(Self.id) AND id <= (
                SELECT id FROM git_hook_message WHERE repository_id = \(Self.id) ORDER BY id DESC LIMIT 1 OFFSET :limit)
            """, ["repository": repository, "limit": limit])
    }

    func setSalt(_ salt: String, ofRepository name: String) throws {
        try execute(
            "UPDATE git_repository SET salt = :salt WHERE id = \(Self.id)", ["repository": name, "salt": salt])
    }
}
