import GRDB

/// Retraining: runs, what their rules have seen, and which run pushed a version.
enum Migration011 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("011-retraining") { db in
            try db.execute(sql: retraining)
            try db.execute(sql: "PRAGMA user_version = 11")
        }
    }

    private static let retraining = """
        -- Numbers count for the whole server, for ever.
        CREATE TABLE retraining_run (
            number INTEGER PRIMARY KEY CHECK (number > 0),
            space_id INTEGER NOT NULL REFERENCES space (id),
            endpoint TEXT NOT NULL,
            model TEXT NOT NULL,
            model_space TEXT NOT NULL,
            rule_name TEXT NOT NULL,
            rule TEXT NOT NULL,
            cause TEXT NOT NULL,
            requested_by TEXT NOT NULL REFERENCES principal (id),
            requested_at INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (
                state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'timedOut', 'interrupted')),
            -- Whether something can still happen to it, or to what it pushed.
            is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
            progress TEXT NOT NULL
        ) STRICT;
        CREATE INDEX retraining_run_rule ON retraining_run (space_id, endpoint, rule_name, number);
        CREATE INDEX retraining_run_open ON retraining_run (number) WHERE is_open = 1;

        -- What a rule's trigger has seen.
        CREATE TABLE retraining_rule (
            space_id INTEGER NOT NULL REFERENCES space (id),
            endpoint TEXT NOT NULL,
            rule TEXT NOT NULL,
            memory TEXT NOT NULL,
            PRIMARY KEY (space_id, endpoint, rule)
        ) STRICT, WITHOUT ROWID;

        CREATE TRIGGER retraining_run_no_update BEFORE UPDATE ON retraining_run
            WHEN (OLD.number, OLD.space_id, OLD.endpoint, OLD.model, OLD.model_space, OLD.rule_name, OLD.rule, OLD.cause,
                    OLD.requested_by, OLD.requested_at)
                IS NOT (NEW.number, NEW.space_id, NEW.endpoint, NEW.model, NEW.model_space, NEW.rule_name, NEW.rule,
                    NEW.cause, NEW.requested_by, NEW.requested_at)
            BEGIN SELECT RAISE (ABORT, 'runs are never changed, they only go on'); END;
        CREATE TRIGGER retraining_run_no_delete BEFORE DELETE ON retraining_run
            BEGIN SELECT RAISE (ABORT, 'runs are never deleted'); END;

        ALTER TABLE version ADD COLUMN run INTEGER REFERENCES retraining_run (number);
        CREATE INDEX version_run ON version (run) WHERE run IS NOT NULL;
        """
}
