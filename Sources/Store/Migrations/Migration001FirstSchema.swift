import GRDB
import Journal

/// The first schema. Times are microseconds since 1970 in UTC, digests lower-case hexadecimal.
enum Migration001 {
    static func register(in migrator: inout DatabaseMigrator, clock: any WallClock) {
        migrator.registerMigration("001-first-schema") { db in
            try db.execute(sql: registry + deployments + journal + immutability)
            try db.execute(
                sql: """
                    INSERT INTO principal (id, created_at) VALUES ('local', :now);
                    INSERT INTO space (name, created_at, created_by) VALUES ('default', :now, 'local');
                    INSERT INTO generation (id, value) VALUES (1, 0);
                    """, arguments: ["now": clock.now])
            try db.execute(sql: "PRAGMA application_id = \(Migrations.applicationID)")
            try db.execute(sql: "PRAGMA user_version = 1")
        }
    }

    private static let registry = """
        CREATE TABLE principal (
            id TEXT PRIMARY KEY,
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE space (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id)
        ) STRICT;

        CREATE TABLE blob (
            sha256 TEXT PRIMARY KEY CHECK (length(sha256) = 64),
            size INTEGER NOT NULL CHECK (size >= 0),
            created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Which space has sent all bytes of a blob.
        CREATE TABLE blob_space (
            sha256 TEXT NOT NULL REFERENCES blob (sha256),
            space_id INTEGER NOT NULL REFERENCES space (id),
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            PRIMARY KEY (sha256, space_id)
        ) STRICT, WITHOUT ROWID;

        -- Names are global; space_id is the owner. latest_number outlives deleted versions: numbers never come back.
        CREATE TABLE model (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            space_id INTEGER NOT NULL REFERENCES space (id),
            latest_number INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id)
        ) STRICT;

        -- description comes last: it is long, and what stands before it is read without it.
        CREATE TABLE version (
            id INTEGER PRIMARY KEY,
            model_id INTEGER NOT NULL REFERENCES model (id),
            number INTEGER NOT NULL CHECK (number > 0),
            digest TEXT NOT NULL CHECK (length(digest) = 64),
            format TEXT NOT NULL,
            size INTEGER NOT NULL CHECK (size >= 0),
            metrics TEXT NOT NULL,
            tags TEXT NOT NULL,
            git_commit TEXT,
            dataset TEXT,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            description TEXT NOT NULL,
            UNIQUE (model_id, number),
            UNIQUE (model_id, digest)
        ) STRICT;
        CREATE INDEX version_digest ON version (digest);

        CREATE TABLE version_file (
            version_id INTEGER NOT NULL REFERENCES version (id),
            path TEXT NOT NULL,
            sha256 TEXT NOT NULL REFERENCES blob (sha256),
            size INTEGER NOT NULL CHECK (size >= 0),
            PRIMARY KEY (version_id, path)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX version_file_sha256 ON version_file (sha256);

        -- "Version V is available in space S": where it was pushed, and wherever a promotion brought it.
        CREATE TABLE version_space (
            space_id INTEGER NOT NULL REFERENCES space (id),
            version_id INTEGER NOT NULL REFERENCES version (id),
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            PRIMARY KEY (space_id, version_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX version_space_version ON version_space (version_id);

        """

    private static let deployments = """
        -- One row for each endpoint name that was ever used; is_live is 0 after a deletion.
        CREATE TABLE deployment (
            id INTEGER PRIMARY KEY,
            space_id INTEGER NOT NULL REFERENCES space (id),
            endpoint TEXT NOT NULL,
            model_id INTEGER NOT NULL REFERENCES model (id),
            revision INTEGER NOT NULL,
            is_live INTEGER NOT NULL CHECK (is_live IN (0, 1)),
            is_loaded INTEGER NOT NULL CHECK (is_loaded IN (0, 1)),
            created_at INTEGER NOT NULL,
            UNIQUE (space_id, endpoint)
        ) STRICT;
        CREATE INDEX deployment_model ON deployment (model_id);

        CREATE TABLE revision (
            deployment_id INTEGER NOT NULL REFERENCES deployment (id),
            number INTEGER NOT NULL CHECK (number > 0),
            action TEXT NOT NULL CHECK (action IN ('deploy', 'delete', 'load', 'unload')),
            version_id INTEGER NOT NULL REFERENCES version (id),
            intra_op_threads INTEGER NOT NULL,
            deadline_milliseconds INTEGER NOT NULL,
            max_body_bytes INTEGER NOT NULL,
            reason TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            PRIMARY KEY (deployment_id, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX revision_version ON revision (version_id);

        """

    private static let journal = """
        CREATE TABLE generation (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            value INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE idempotency (
            id INTEGER PRIMARY KEY,
            principal TEXT NOT NULL REFERENCES principal (id),
            key TEXT NOT NULL,
            request_hash TEXT NOT NULL,
            response TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            UNIQUE (principal, key)
        ) STRICT;
        CREATE INDEX idempotency_expiry ON idempotency (expires_at);

        -- Each hash covers the row and the hash before it.
        CREATE TABLE audit_event (
            sequence INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            principal TEXT NOT NULL,
            space TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL,
            generation INTEGER NOT NULL,
            previous_hash TEXT NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;

        """

    /// What is said to be immutable is so even for a bug of ours.
    private static let immutability = """
        CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event
            BEGIN SELECT RAISE (ABORT, 'audit events are never changed'); END;
        CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event
            BEGIN SELECT RAISE (ABORT, 'audit events are never deleted'); END;
        CREATE TRIGGER version_no_update BEFORE UPDATE ON version
            BEGIN SELECT RAISE (ABORT, 'versions are never changed'); END;
        CREATE TRIGGER version_file_no_update BEFORE UPDATE ON version_file
            BEGIN SELECT RAISE (ABORT, 'versions are never changed'); END;
        CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision
            BEGIN SELECT RAISE (ABORT, 'revisions are never changed'); END;
        CREATE TRIGGER revision_no_delete BEFORE DELETE ON revision
            BEGIN SELECT RAISE (ABORT, 'revisions are never deleted'); END;

        """
}
