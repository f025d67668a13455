import GRDB

/// Runs from Git: repositories, runs, the messages of hooks, and which run pushed a version.
enum Migration013 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("013-git-runs") { db in
            try db.execute(sql: runs)
            try db.execute(sql: "PRAGMA user_version = 13")
        }
    }

    private static let runs = """
        -- What a run was of stays as it was: a repository is removed and added anew, never changed, but for its pause and
        -- the salt of its hook's secret.
        CREATE TABLE git_repository (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            space_id INTEGER NOT NULL REFERENCES space (id),
            name TEXT NOT NULL,
            url TEXT NOT NULL,
            branch TEXT NOT NULL,
            -- A list of the names of spaces.
            into_spaces TEXT NOT NULL,
            pause TEXT,
            salt TEXT NOT NULL,
            added_at INTEGER NOT NULL,
            added_by TEXT NOT NULL REFERENCES principal (id),
            removed_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX git_repository_name ON git_repository (name) WHERE removed_at IS NULL;
        CREATE INDEX git_repository_space ON git_repository (space_id, name);

        -- Numbers count for the whole server, for ever.
        CREATE TABLE git_run (
            number INTEGER PRIMARY KEY CHECK (number > 0),
            repository_id INTEGER NOT NULL REFERENCES git_repository (id),
            space_id INTEGER NOT NULL REFERENCES space (id),
            ref TEXT NOT NULL,
            wanted TEXT,
            cause TEXT NOT NULL,
            requested_by TEXT NOT NULL REFERENCES principal (id),
            requested_at INTEGER NOT NULL,
            state TEXT NOT NULL,
            is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
            life TEXT NOT NULL,
            -- Where its version is made to answer, once that is known.
            target_space TEXT,
            target_endpoint TEXT
        ) STRICT;
        CREATE INDEX git_run_repository ON git_run (repository_id, number);
        CREATE INDEX git_run_space ON git_run (space_id, number);
        CREATE INDEX git_run_open ON git_run (number) WHERE is_open = 1;
        CREATE INDEX git_run_target ON git_run (target_space, target_endpoint, number) WHERE target_space IS NOT NULL;

        -- Messages about pushes that were answered, so that the same one begins nothing again.
        CREATE TABLE git_hook_message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            repository_id INTEGER NOT NULL REFERENCES git_repository (id),
            digest TEXT NOT NULL,
            delivery TEXT,
            answer TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            UNIQUE (repository_id, digest)
        ) STRICT;
        CREATE INDEX git_hook_message_delivery ON git_hook_message (repository_id, delivery) WHERE delivery IS NOT NULL;

        CREATE TRIGGER git_run_no_update BEFORE UPDATE ON git_run
            WHEN (OLD.number, OLD.repository_id, OLD.space_id, OLD.ref, OLD.wanted, OLD.cause, OLD.requested_by,
                    OLD.requested_at)
                IS NOT (NEW.number, NEW.repository_id, NEW.space_id, NEW.ref, NEW.wanted, NEW.cause, NEW.requested_by,
                    NEW.requested_at)
            BEGIN SELECT RAISE (ABORT, 'runs are never changed, they only go on'); END;
        CREATE TRIGGER git_run_no_delete BEFORE DELETE ON git_run
            BEGIN SELECT RAISE (ABORT, 'runs are never deleted'); END;

        ALTER TABLE version ADD COLUMN git_run INTEGER REFERENCES git_run (number);
        CREATE INDEX version_git_run ON version (git_run) WHERE git_run IS NOT NULL;
        """
}
