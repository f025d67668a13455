import GRDB

/// Data sets: immutable, versioned files of rows, whose names belong to a space.
enum Migration005DataSets {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("005-data-sets") { db in
            try db.execute(sql: tables)
            try db.execute(sql: "PRAGMA user_version = 5")
        }
    }

    private static let tables = """
        -- latest_number outlives deleted versions: numbers never come back.
        CREATE TABLE data_set (
            id INTEGER PRIMARY KEY,
            space_id INTEGER NOT NULL REFERENCES space (id),
            name TEXT NOT NULL,
            latest_number INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            UNIQUE (space_id, name)
        ) STRICT;

        -- schema is JSON and comes last: it may be long.
        CREATE TABLE data_set_version (
            id INTEGER PRIMARY KEY,
            data_set_id INTEGER NOT NULL REFERENCES data_set (id),
            number INTEGER NOT NULL CHECK (number > 0),
            format TEXT NOT NULL CHECK (format IN ('csv', 'jsonl')),
            sha256 TEXT NOT NULL REFERENCES blob (sha256),
            size INTEGER NOT NULL CHECK (size >= 0),
            row_count INTEGER NOT NULL CHECK (row_count > 0),
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            schema TEXT NOT NULL,
            UNIQUE (data_set_id, number),
            UNIQUE (data_set_id, sha256)
        ) STRICT;
        CREATE INDEX data_set_version_sha256 ON data_set_version (sha256);
        CREATE TRIGGER data_set_version_no_update BEFORE UPDATE ON data_set_version
            BEGIN SELECT RAISE (ABORT, 'data sets are never changed'); END;

        """
}
