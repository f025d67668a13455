import GRDB

/// Experiments, their runs and what these log, logged models, and the index of artifacts. Times are milliseconds, as
/// MLflow's clients set and read them, but for `created_at` of artifacts.
enum Migration015Experiments {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("015-experiments") { db in
            try db.execute(sql: experiments + runs + models + artifacts)
            try db.execute(sql: "PRAGMA user_version = 15")
        }
    }

    /// Every space has its default experiment from the moment it is made.
    private static let experiments = """
        CREATE TABLE experiment (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            space_id INTEGER NOT NULL REFERENCES space (id),
            is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            deleted_at INTEGER,
            UNIQUE (space_id, name)
        ) STRICT;
        CREATE UNIQUE INDEX experiment_default ON experiment (space_id) WHERE is_default = 1;
        CREATE TABLE experiment_tag (
            experiment_id INTEGER NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (experiment_id, key)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO experiment (space_id, is_default, name, created_at, updated_at)
            SELECT id, 1, 'Default', created_at / 1000, created_at / 1000 FROM space ORDER BY id;
        CREATE TRIGGER space_default_experiment AFTER INSERT ON space BEGIN
            INSERT INTO experiment (space_id, is_default, name, created_at, updated_at)
                VALUES (NEW.id, 1, 'Default', NEW.created_at / 1000, NEW.created_at / 1000);
        END;

        """

    private static let runs = """
        CREATE TABLE tracked_run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            run_id TEXT NOT NULL UNIQUE,
            experiment_id INTEGER NOT NULL REFERENCES experiment (id),
            name TEXT NOT NULL,
            user TEXT NOT NULL,
            status TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            created_by TEXT NOT NULL REFERENCES principal (id),
            deleted_at INTEGER
        ) STRICT;
        CREATE INDEX tracked_run_experiment ON tracked_run (experiment_id, started_at);
        CREATE INDEX tracked_run_deleted ON tracked_run (deleted_at) WHERE deleted_at IS NOT NULL;

        CREATE TABLE run_param (
            run INTEGER NOT NULL REFERENCES tracked_run (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run, key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE run_tag (
            run INTEGER NOT NULL REFERENCES tracked_run (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (run, key)
        ) STRICT, WITHOUT ROWID;

        -- A value that is no number is kept as 0 with is_nan: SQLite has no such numbers.
        CREATE TABLE run_metric (
            run INTEGER NOT NULL REFERENCES tracked_run (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            timestamp INTEGER NOT NULL,
            step INTEGER NOT NULL,
            value REAL NOT NULL,
            is_nan INTEGER NOT NULL CHECK (is_nan IN (0, 1)),
            PRIMARY KEY (run, key, timestamp, step, value, is_nan)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE run_metric_latest (
            run INTEGER NOT NULL REFERENCES tracked_run (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            timestamp INTEGER NOT NULL,
            step INTEGER NOT NULL,
            value REAL NOT NULL,
            is_nan INTEGER NOT NULL,
            PRIMARY KEY (run, key)
        ) STRICT, WITHOUT ROWID;

        -- document is JSON of the whole input.
        CREATE TABLE run_data_set (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES tracked_run (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            digest TEXT NOT NULL,
            context TEXT,
            document TEXT NOT NULL,
            UNIQUE (run, name, digest)
        ) STRICT;
        CREATE TABLE run_model (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES tracked_run (id) ON DELETE CASCADE,
            model TEXT NOT NULL,
            is_output INTEGER NOT NULL CHECK (is_output IN (0, 1)),
            step INTEGER NOT NULL,
            UNIQUE (run, model, is_output, step)
        ) STRICT;

        """

    private static let models = """
        CREATE TABLE logged_model (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model_id TEXT NOT NULL UNIQUE,
            experiment_id INTEGER NOT NULL REFERENCES experiment (id),
            name TEXT NOT NULL,
            type TEXT,
            source_run TEXT,
            status INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            deleted_at INTEGER
        ) STRICT;
        CREATE INDEX logged_model_experiment ON logged_model (experiment_id, created_at);
        CREATE INDEX logged_model_run ON logged_model (source_run) WHERE source_run IS NOT NULL;
        CREATE INDEX logged_model_deleted ON logged_model (deleted_at) WHERE deleted_at IS NOT NULL;
        CREATE TABLE logged_model_param (
            model INTEGER NOT NULL REFERENCES logged_model (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model, key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE logged_model_tag (
            model INTEGER NOT NULL REFERENCES logged_model (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model, key)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE logged_model_metric (
            model INTEGER NOT NULL REFERENCES logged_model (id) ON DELETE CASCADE,
            key TEXT NOT NULL,
            timestamp INTEGER NOT NULL,
            step INTEGER NOT NULL,
            run TEXT NOT NULL,
            value REAL NOT NULL,
            is_nan INTEGER NOT NULL,
            data_set TEXT,
            data_set_digest TEXT,
            PRIMARY KEY (model, key, timestamp, step, run)
        ) STRICT, WITHOUT ROWID;

        """

    /// A blob stays as long as an artifact has it.
    private static let artifacts = """
        CREATE TABLE artifact (
            id INTEGER PRIMARY KEY,
            run INTEGER REFERENCES tracked_run (id) ON DELETE CASCADE,
            model INTEGER REFERENCES logged_model (id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            sha256 TEXT NOT NULL REFERENCES blob (sha256),
            size INTEGER NOT NULL CHECK (size >= 0),
            created_at INTEGER NOT NULL,
            CHECK ((run IS NULL) <> (model IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX artifact_run ON artifact (run, path) WHERE run IS NOT NULL;
        CREATE UNIQUE INDEX artifact_model ON artifact (model, path) WHERE model IS NOT NULL;
        CREATE INDEX artifact_sha256 ON artifact (sha256);
        """
}
