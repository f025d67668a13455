import GRDB

/// What came of predictions of A/B rollouts, as callers tell it.
enum Migration008 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("008-outcomes") { db in
            try db.execute(sql: outcomes)
            try db.execute(sql: "PRAGMA user_version = 8")
        }
    }

    private static let outcomes = """
        -- One value of one metric for one unit: a prediction, or a key that requests are sticky by. `unit` is a hash.
        CREATE TABLE outcome (
            rollout_id INTEGER NOT NULL REFERENCES rollout (id),
            metric TEXT NOT NULL,
            unit BLOB NOT NULL,
            variant TEXT NOT NULL,
            value REAL NOT NULL,
            PRIMARY KEY (rollout_id, metric, unit)
        ) STRICT, WITHOUT ROWID;

        -- How many there are, without counting them each time.
        CREATE TABLE outcome_count (
            rollout_id INTEGER PRIMARY KEY REFERENCES rollout (id),
            outcomes INTEGER NOT NULL
        ) STRICT;
        CREATE TRIGGER outcome_counted AFTER INSERT ON outcome BEGIN
            INSERT INTO outcome_count (rollout_id, outcomes) VALUES (NEW.rollout_id, 1)
                ON CONFLICT DO UPDATE SET outcomes = outcomes + 1;
        END;
        """
}
