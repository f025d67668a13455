import GRDB

/// How endpoints are watched, revision by revision.
enum Migration009 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("009-monitors") { db in
            try db.execute(sql: monitors)
            try db.execute(sql: "PRAGMA user_version = 9")
        }
    }

    private static let monitors = """
        -- Numbers count for each endpoint name, for ever.
        CREATE TABLE monitor (
            space_id INTEGER NOT NULL REFERENCES space (id),
            endpoint TEXT NOT NULL,
            revision INTEGER NOT NULL CHECK (revision > 0),
            document TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            PRIMARY KEY (space_id, endpoint, revision)
        ) STRICT, WITHOUT ROWID;
        """
}
