import GRDB
import Journal

/// Rollouts with every step, and with what is known of them second by second; revisions say what led to them.
enum Migration007 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("007-rollouts") { db in
            try allowMoreActions(db)
            try db.execute(sql: rollouts)
            try db.execute(sql: "PRAGMA user_version = 7")
        }
    }

    /// A revision may also come of a rollout that ended with its candidate, or of a rollback. SQLite cannot change a
    /// constraint; the table is made anew from its own text, with whatever columns, indexes and triggers it has by now.
    private static func allowMoreActions(_ db: Database) throws {
        let constraint = "CHECK (action IN ('deploy', 'delete', 'load', 'unload'))"
        let name = #/CREATE TABLE "?revision"? /#
        guard let old = try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'revision'"),
            old.contains(constraint), old.contains(name)
        else { throw ControlError(.internalFailure, "the table of revisions is not as it was made") }
        let others = try String.fetchAll(
            db,
            sql: """
                SELECT sql FROM sqlite_schema
                WHERE tbl_name = 'revision' AND type IN ('index', 'trigger') AND sql IS NOT NULL
                """)
        let new = old.replacing(
            constraint, with: "CHECK (action IN ('deploy', 'delete', 'load', 'unload', 'promote', 'rollback'))"
        ).replacing(name, with: "CREATE TABLE revision_anew ")
        try db.execute(sql: new)
        try db.execute(sql: "INSERT INTO revision_anew SELECT * FROM revision")
        try db.execute(sql: "DROP TABLE revision")
        try db.execute(sql: "ALTER TABLE revision_anew RENAME TO revision")
        try db.execute(
            sql: """
                -- The rollout of this endpoint that made or watched it, and the earlier revision that it equals.
                ALTER TABLE revision ADD COLUMN rollout INTEGER;
                ALTER TABLE revision ADD COLUMN equals INTEGER;
                ALTER TABLE revision ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
                """)
        for other in others { try db.execute(sql: other) }
    }

    private static let rollouts = """
        -- Numbers count for each endpoint name, for ever.
        CREATE TABLE rollout (
            id INTEGER PRIMARY KEY,
            deployment_id INTEGER NOT NULL REFERENCES deployment (id),
            number INTEGER NOT NULL CHECK (number > 0),
            model TEXT NOT NULL,
            spec TEXT NOT NULL,
            origin TEXT NOT NULL,
            requested_by TEXT NOT NULL REFERENCES principal (id),
            requested_at INTEGER NOT NULL,
            state TEXT NOT NULL,
            life TEXT NOT NULL,
            UNIQUE (deployment_id, number)
        ) STRICT;
        CREATE UNIQUE INDEX rollout_open ON rollout (deployment_id)
            WHERE state IN ('preparing', 'awaitingApproval', 'running', 'paused', 'watching');

        -- What the analysis knows, written once a second while the rollout is open.
        CREATE TABLE rollout_progress (
            rollout_id INTEGER PRIMARY KEY REFERENCES rollout (id),
            document TEXT NOT NULL
        ) STRICT;

        CREATE TABLE rollout_step (
            rollout_id INTEGER NOT NULL REFERENCES rollout (id),
            number INTEGER NOT NULL CHECK (number > 0),
            at INTEGER NOT NULL,
            actor TEXT NOT NULL REFERENCES principal (id),
            kind TEXT NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (rollout_id, number)
        ) STRICT, WITHOUT ROWID;

        -- The versions that a rollout is about; while it is open they stay.
        CREATE TABLE rollout_version (
            rollout_id INTEGER NOT NULL REFERENCES rollout (id),
            version_id INTEGER NOT NULL REFERENCES version (id),
            PRIMARY KEY (rollout_id, version_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX rollout_version_version ON rollout_version (version_id);

        CREATE TRIGGER rollout_no_update BEFORE UPDATE ON rollout
            WHEN OLD.state NOT IN ('preparing', 'awaitingApproval', 'running', 'paused', 'watching')
                OR (OLD.id, OLD.deployment_id, OLD.number, OLD.model, OLD.spec, OLD.origin, OLD.requested_by,
                    OLD.requested_at)
                IS NOT (NEW.id, NEW.deployment_id, NEW.number, NEW.model, NEW.spec, NEW.origin, NEW.requested_by,
                    NEW.requested_at)
            BEGIN SELECT RAISE (ABORT, 'rollouts are never changed, they only go on'); END;
        CREATE TRIGGER rollout_no_delete BEFORE DELETE ON rollout
            BEGIN SELECT RAISE (ABORT, 'rollouts are never deleted'); END;
        CREATE TRIGGER rollout_step_no_update BEFORE UPDATE ON rollout_step
            BEGIN SELECT RAISE (ABORT, 'steps of a rollout are never changed'); END;
        CREATE TRIGGER rollout_step_no_delete BEFORE DELETE ON rollout_step
            BEGIN SELECT RAISE (ABORT, 'steps of a rollout are never deleted'); END;

        """
}
