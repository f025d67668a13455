import GRDB

/// Policies become documents of which every revision is kept; promotions with every step; spaces can be removed.
///
/// A removed space keeps its row, for what happened in it stays on record, but gives up its name: it gets one that no
/// request can have, so that no query by name can find it.
enum Migration004 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("004-governance") { db in
            try db.execute(sql: policies + promotions)
            try db.execute(sql: "PRAGMA user_version = 4")
        }
    }

    /// `space.isolation` stays beside the document: every snapshot asks for it.
    private static let policies = """
        ALTER TABLE space ADD COLUMN removed_at INTEGER;

        CREATE TABLE space_policy (
            space_id INTEGER NOT NULL REFERENCES space (id),
            revision INTEGER NOT NULL CHECK (revision > 0),
            document TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            PRIMARY KEY (space_id, revision)
        ) STRICT, WITHOUT ROWID;

        -- Who set it before is in the audit only.
        INSERT INTO space_policy (space_id, revision, document, created_at, created_by)
            SELECT id, policy_revision, json_object('isolation', coalesce(isolation, 'any')), created_at, created_by
            FROM space WHERE policy_revision > 0;

        CREATE TRIGGER space_policy_no_update BEFORE UPDATE ON space_policy
            BEGIN SELECT RAISE (ABORT, 'revisions of a policy are never changed'); END;
        CREATE TRIGGER space_policy_no_delete BEFORE DELETE ON space_policy
            BEGIN SELECT RAISE (ABORT, 'revisions of a policy are never deleted'); END;

        """

    /// Model and version by name: a promotion outlives its version, and names and numbers never come back as another.
    private static let promotions = """
        CREATE TABLE promotion (
            number INTEGER PRIMARY KEY,
            model TEXT NOT NULL,
            version INTEGER NOT NULL,
            digest TEXT NOT NULL,
            source_id INTEGER NOT NULL REFERENCES space (id),
            target_id INTEGER NOT NULL REFERENCES space (id),
            source TEXT NOT NULL,
            target TEXT NOT NULL,
            requested_by TEXT NOT NULL REFERENCES principal (id),
            pushed_by TEXT NOT NULL,
            requested_at INTEGER NOT NULL,
            state TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX promotion_open ON promotion (target_id, model, version)
            WHERE state IN ('checking', 'awaitingApproval');
        CREATE INDEX promotion_target ON promotion (target_id, model, number);
        CREATE INDEX promotion_source ON promotion (source_id, number);

        CREATE TABLE promotion_step (
            promotion INTEGER NOT NULL REFERENCES promotion (number),
            number INTEGER NOT NULL CHECK (number > 0),
            at INTEGER NOT NULL,
            actor TEXT NOT NULL REFERENCES principal (id),
            kind TEXT NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (promotion, number)
        ) STRICT, WITHOUT ROWID;

        -- All but the state of a promotion is fixed from its request on, and the state of an ended one too.
        CREATE TRIGGER promotion_no_update BEFORE UPDATE ON promotion
            WHEN OLD.state NOT IN ('checking', 'awaitingApproval')
                OR (OLD.number, OLD.model, OLD.version, OLD.digest, OLD.source_id, OLD.target_id, OLD.source,
                    OLD.target, OLD.requested_by, OLD.pushed_by, OLD.requested_at)
                IS NOT (NEW.number, NEW.model, NEW.version, NEW.digest, NEW.source_id, NEW.target_id, NEW.source,
                    NEW.target, NEW.requested_by, NEW.pushed_by, NEW.requested_at)
            BEGIN SELECT RAISE (ABORT, 'promotions are never changed, they only go on'); END;
        CREATE TRIGGER promotion_no_delete BEFORE DELETE ON promotion
            BEGIN SELECT RAISE (ABORT, 'promotions are never deleted'); END;
        CREATE TRIGGER promotion_step_no_update BEFORE UPDATE ON promotion_step
            BEGIN SELECT RAISE (ABORT, 'steps of a promotion are never changed'); END;
        CREATE TRIGGER promotion_step_no_delete BEFORE DELETE ON promotion_step
            BEGIN SELECT RAISE (ABORT, 'steps of a promotion are never deleted'); END;

        """
}
