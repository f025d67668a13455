import GRDB

/// Who may do what: members of spaces, owners of the server, keys. Of a key's secret only its SHA-256 is here. A key's
/// scope and limits are JSON documents, and `{}` is no limit.
enum Migration003 {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("003-identity") { db in
            try db.execute(sql: members + keys)
            try db.execute(sql: "PRAGMA user_version = 3")
        }
    }

    /// `member.principal` may be a group of an OpenID provider, which never asks for anything itself: no reference.
    private static let members = """
        CREATE TABLE member (
            space_id INTEGER NOT NULL REFERENCES space (id) ON DELETE CASCADE,
            principal TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('viewer', 'developer', 'validator', 'operator', 'owner')),
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            PRIMARY KEY (space_id, principal)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE server_admin (
            principal TEXT PRIMARY KEY,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id)
        ) STRICT, WITHOUT ROWID;

        """

    /// Keys are never deleted: whoever comes with an old one is told what became of it, and the audit names it.
    private static let keys = """
        CREATE TABLE api_key (
            id TEXT PRIMARY KEY,
            lineage TEXT NOT NULL,
            name TEXT NOT NULL,
            principal TEXT NOT NULL,
            secret_sha256 TEXT NOT NULL CHECK (length(secret_sha256) = 64),
            scope TEXT NOT NULL DEFAULT '{}',
            limits TEXT NOT NULL DEFAULT '{}',
            is_monthly INTEGER NOT NULL CHECK (is_monthly IN (0, 1)),
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL REFERENCES principal (id),
            expires_at INTEGER,
            revoked_at INTEGER,
            replaced_by TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX api_key_principal ON api_key (principal);
        CREATE TRIGGER api_key_no_other_secret BEFORE UPDATE OF id, lineage, principal, secret_sha256, scope ON api_key
            BEGIN SELECT RAISE (ABORT, 'a key is rotated, never changed'); END;

        """
}
