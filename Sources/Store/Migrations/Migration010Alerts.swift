import GRDB

/// Alerts, what keeps their messages back, and messages on their way out.
enum Migration010Alerts {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("010-alerts") { db in
            try db.execute(sql: alerts)
            try db.execute(sql: "PRAGMA user_version = 10")
        }
    }

    private static let alerts = """
        CREATE TABLE alert (
            id INTEGER PRIMARY KEY,
            space_id INTEGER NOT NULL REFERENCES space (id),
            number INTEGER NOT NULL CHECK (number > 0),
            endpoint TEXT NOT NULL,
            rule TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
            fired_at INTEGER NOT NULL,
            resolved_at INTEGER,
            resolution TEXT NOT NULL,
            evidence TEXT NOT NULL,
            notified INTEGER NOT NULL CHECK (notified IN (0, 1)),
            acknowledged_at INTEGER,
            acknowledged_by TEXT REFERENCES principal (id),
            comment TEXT,
            UNIQUE (space_id, number)
        ) STRICT;
        -- An alert that fires stays the same one until it ends.
        CREATE UNIQUE INDEX alert_firing ON alert (space_id, endpoint, rule) WHERE state = 'firing';

        CREATE TABLE silence (
            id INTEGER PRIMARY KEY,
            space_id INTEGER NOT NULL REFERENCES space (id),
            number INTEGER NOT NULL CHECK (number > 0),
            -- NULL for any.
            endpoint TEXT,
            rule TEXT,
            until INTEGER NOT NULL,
            reason TEXT NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            created_at INTEGER NOT NULL,
            ended_at INTEGER,
            UNIQUE (space_id, number)
        ) STRICT;

        -- Ids are never used twice: a receiver's log may name them.
        CREATE TABLE delivery (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            space_id INTEGER NOT NULL REFERENCES space (id),
            event TEXT NOT NULL,
            type TEXT NOT NULL,
            subject TEXT NOT NULL,
            target TEXT NOT NULL,
            body TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
            attempts INTEGER NOT NULL,
            next_at INTEGER,
            last_at INTEGER,
            status INTEGER,
            outcome TEXT NOT NULL
        ) STRICT;
        CREATE INDEX delivery_space ON delivery (space_id, id);
        CREATE INDEX delivery_pending ON delivery (space_id) WHERE state = 'pending';
        """
}
