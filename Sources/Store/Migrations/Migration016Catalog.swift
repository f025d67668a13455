import GRDB

/// What is written beside models and versions: registration, tags, aliases, descriptions, and how a version came in
/// through MLflow's door.
enum Migration016 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("016-catalog") { db in
            try db.execute(sql: models + versions)
            try db.execute(sql: "PRAGMA user_version = 16")
        }
    }

    private static let models = """
        -- A name that somebody registered, whether or not it has a version; what is written beside the model.
        CREATE TABLE model_registration (
            model_id INTEGER PRIMARY KEY REFERENCES model (id),
            description TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            updated_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE model_tag (
            model_id INTEGER NOT NULL REFERENCES model (id),
            key TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (model_id, key)
        ) STRICT, WITHOUT ROWID;

        -- What a space calls one of the versions that are available there.
        CREATE TABLE model_alias (
            model_id INTEGER NOT NULL REFERENCES model (id),
            space_id INTEGER NOT NULL REFERENCES space (id),
            alias TEXT NOT NULL,
            version_id INTEGER NOT NULL REFERENCES version (id),
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            PRIMARY KEY (model_id, space_id, alias)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX model_alias_version ON model_alias (version_id);

        """

    private static let versions = """
        -- JSON; never changed.
        CREATE TABLE version_origin (
            version_id INTEGER PRIMARY KEY REFERENCES version (id),
            origin TEXT NOT NULL
        ) STRICT;
        CREATE TRIGGER version_origin_no_update BEFORE UPDATE ON version_origin
            BEGIN SELECT RAISE (ABORT, 'versions are never changed'); END;

        CREATE TABLE version_note (
            version_id INTEGER PRIMARY KEY REFERENCES version (id),
            description TEXT NOT NULL,
            updated_at INTEGER NOT NULL
        ) STRICT;

        -- What is said since the version was pushed; without a value, the tag that it was pushed with is taken away.
        CREATE TABLE version_tag (
            version_id INTEGER NOT NULL REFERENCES version (id),
            key TEXT NOT NULL,
            value TEXT,
            PRIMARY KEY (version_id, key)
        ) STRICT, WITHOUT ROWID;
        """
}
