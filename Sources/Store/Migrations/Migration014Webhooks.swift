import GRDB

/// Webhooks with names, which are told of what the audit says, and deliveries for them.
enum Migration014Webhooks {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("014-webhooks") { db in
            try db.execute(sql: webhooks)
            try db.execute(sql: deliveries)
            try db.execute(sql: "PRAGMA user_version = 14")
        }
    }

    private static let webhooks = """
        -- Ids are never used twice: a delivery that is under way may name one that is gone.
        CREATE TABLE webhook (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            -- NULL for one of the whole server.
            space_id INTEGER REFERENCES space (id),
            name TEXT NOT NULL,
            target TEXT NOT NULL,
            events TEXT NOT NULL,
            revision INTEGER NOT NULL,
            -- The last audit event that was enqueued for it, or passed over.
            cursor INTEGER NOT NULL,
            paused_at INTEGER,
            paused_by TEXT,
            pause_reason TEXT,
            failing_since INTEGER,
            last_delivered_at INTEGER,
            last_failure TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id)
        ) STRICT;
        CREATE UNIQUE INDEX webhook_name ON webhook (ifnull(space_id, 0), name);
        """

    /// A delivery may be for a webhook, and then for one of no space; ids go on where they were.
    private static let deliveries = """
        CREATE TABLE delivery_next (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            space_id INTEGER REFERENCES space (id),
            webhook_id INTEGER REFERENCES webhook (id),
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
            outcome TEXT NOT NULL,
            CHECK (space_id IS NOT NULL OR webhook_id IS NOT NULL)
        ) STRICT;
        INSERT INTO delivery_next
            SELECT id, space_id, NULL, event, type, subject, target, body, created_at, state, attempts, next_at, last_at,
                status, outcome
            FROM delivery;
        DELETE FROM sqlite_sequence WHERE name = 'delivery_next';
        INSERT INTO sqlite_sequence (name, seq) SELECT 'delivery_next', seq FROM sqlite_sequence WHERE name = 'delivery';
        DROP TABLE delivery;
        ALTER TABLE delivery_next RENAME TO delivery;
        CREATE INDEX delivery_space ON delivery (space_id, id) WHERE webhook_id IS NULL;
        CREATE INDEX delivery_webhook ON delivery (webhook_id, id) WHERE webhook_id IS NOT NULL;
        CREATE INDEX delivery_pending ON delivery (id) WHERE state = 'pending';
        CREATE INDEX delivery_waiting ON delivery (space_id, webhook_id) WHERE state = 'pending';
        """
}
