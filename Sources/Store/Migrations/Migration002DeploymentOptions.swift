import GRDB

/// A revision's options become one JSON text: a further option needs no further column, and rows of older releases read
/// with its default. Spaces get a policy.
enum Migration002 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("002-deployment-options") { db in
            try db.execute(sql: options + policy)
            try db.execute(sql: "PRAGMA user_version = 2")
        }
    }

    private static let options = """
        DROP TRIGGER revision_no_update;
        ALTER TABLE revision ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
        UPDATE revision SET options = json_object(
            'runtime', json_object('intraOpThreads', intra_op_threads),
            'deadlineMilliseconds', deadline_milliseconds, 'maxBodyBytes', max_body_bytes);
        ALTER TABLE revision DROP COLUMN intra_op_threads;
        ALTER TABLE revision DROP COLUMN deadline_milliseconds;
        ALTER TABLE revision DROP COLUMN max_body_bytes;
        CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision
            BEGIN SELECT RAISE (ABORT, 'revisions are never changed'); END;

        """

    /// No isolation demands nothing. The revision counts the times that the policy was set.
    private static let policy = """
        ALTER TABLE space ADD COLUMN isolation TEXT CHECK (isolation IN ('shared', 'worker'));
        ALTER TABLE space ADD COLUMN policy_revision INTEGER NOT NULL DEFAULT 0;

        """
}
