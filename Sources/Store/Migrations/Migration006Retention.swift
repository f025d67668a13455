import GRDB
import Journal

/// Versions can be deleted: what remains of one is its row, marked, because the history of deployments names it. Blobs know
/// when somebody last relied on them, so that collecting leaves alone what a push has just been told is there.
enum Migration006 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("006-retention") { db in
            try allowBytesAgain(db)
            try db.execute(sql: deletion + blobs + audit)
            try db.execute(sql: "PRAGMA user_version = 6")
        }
    }

    /// The same bytes may be pushed again once their version is deleted, so that a model's digests are distinct among what
    /// is there only. SQLite cannot drop the constraint; the table is made anew from its own text, with whatever columns,
    /// indexes and triggers it has by now.
    private static func allowBytesAgain(_ db: Database) throws {
        let constraint = #/,\s*UNIQUE \(model_id, digest\)/#
        let name = #/CREATE TABLE "?version"? /#
        guard let old = try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'version'"),
            old.contains(constraint), old.contains(name)
        else { throw ControlError(.internalFailure, "the table of versions is not as it was made") }
        let others = try String.fetchAll(
            db,
            sql: """
                SELECT sql FROM sqlite_schema
                WHERE tbl_name = 'version' AND type IN ('index', 'trigger') AND sql IS NOT NULL
                    AND name <> 'version_no_update'
                """)
        try db.execute(sql: old.replacing(constraint, with: "").replacing(name, with: "CREATE TABLE version_anew "))
        try db.execute(sql: "INSERT INTO version_anew SELECT * FROM version")
        try db.execute(sql: "DROP TABLE version")
        try db.execute(sql: "ALTER TABLE version_anew RENAME TO version")
        for other in others { try db.execute(sql: other) }
    }

    /// A version changes in one way only: it is deleted, once.
    private static let deletion = """
        ALTER TABLE version ADD COLUMN deleted_at INTEGER;
        ALTER TABLE version ADD COLUMN deleted_by TEXT REFERENCES principal (id);
        CREATE UNIQUE INDEX version_model_digest ON version (model_id, digest) WHERE deleted_at IS NULL;
        CREATE TRIGGER version_no_update
            BEFORE UPDATE OF id, model_id, number, digest, format, size, metrics, tags, git_commit, dataset, created_at,
                created_by, description ON version
            BEGIN SELECT RAISE (ABORT, 'versions are never changed'); END;
        CREATE TRIGGER version_no_return BEFORE UPDATE OF deleted_at, deleted_by ON version
            WHEN OLD.deleted_at IS NOT NULL OR NEW.deleted_at IS NULL
            BEGIN SELECT RAISE (ABORT, 'deleted versions never come back'); END;
        CREATE TRIGGER version_no_delete BEFORE DELETE ON version
            BEGIN SELECT RAISE (ABORT, 'the rows of versions are never deleted'); END;

        """

    private static let blobs = """
        -- When somebody was last told that the blob is here.
        ALTER TABLE blob ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;

        """

    private static let audit = """
        CREATE INDEX audit_event_space ON audit_event (space, sequence);

        """
}
