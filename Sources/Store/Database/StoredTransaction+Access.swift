import GRDB
import Governance
import Identity
import Journal

extension StoredTransaction: AccessTransaction {
    var moment: Timestamp { Timestamp(microseconds: now) }

    func accessSnapshot() throws -> AccessSnapshot {
        let names = try String.fetchAll(db, sql: "SELECT name FROM space WHERE removed_at IS NULL ORDER BY name")
        let members = try Row.fetchAll(
            db,
            sql: """
                SELECT s.name AS space, m.principal, m.role FROM member m JOIN space s ON s.id = m.space_id
                ORDER BY s.name, m.principal
                """)
        let keys = try Row.fetchAll(db, sql: "SELECT * FROM api_key ORDER BY id")
        return AccessSnapshot(
            generation: try generation().number,
            spaces: try names.map { SpaceAccess(name: $0, rules: try roleRules(of: $0)) },
            members: try members.map {
                Membership(space: $0["space"], principal: $0["principal"], role: try Self.role($0))
            },
            admins: try admins().map(\.principal),
            keys: try keys.map { HashedKey(key: try Self.key($0), secretHash: $0["secret_sha256"]) })
    }

    // MARK: members

    private static let member = """
        SELECT s.name AS space, m.principal, m.role, m.created_at, m.created_by
        FROM member m JOIN space s ON s.id = m.space_id
        WHERE s.name = ?
        """

    func member(_ principal: String, of space: String) throws -> Member? {
        try Row.fetchOne(db, sql: Self.member + " AND m.principal = ?", arguments: [space, principal])
            .map(Self.member)
    }

    func members(of space: String, after: String?, limit: Int) throws -> [Member] {
        try Row.fetchAll(
            db, sql: Self.member + " AND m.principal > ? ORDER BY m.principal LIMIT ?",
            arguments: [space, after ?? "", limit]
        ).map(Self.member)
    }

    func setMember(_ principal: String, of space: String, role: Role, by: Principal) throws {
        try execute(
            """
            INSERT INTO member (space_id, principal, role, created_at, created_by) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (space_id, principal) DO UPDATE SET role = excluded.role, created_at = excluded.created_at,
                created_by = excluded.created_by
            """, [try requireSpaceID(space), principal, role.rawValue, now, by.id])
    }

    func removeMember(_ principal: String, of space: String) throws {
        try execute(
            "DELETE FROM member WHERE space_id = ? AND principal = ?", [try requireSpaceID(space), principal])
    }

    private static func member(_ row: Row) throws -> Member {
        Member(
            space: row["space"], principal: row["principal"], role: try role(row),
            createdAt: Timestamp(microseconds: row["created_at"]), createdBy: row["created_by"])
    }

    private static func role(_ row: Row) throws -> Role {
        let word: String = row["role"]
        guard let role = Role(rawValue: word) else {
            throw ControlError(.internalFailure, "a member has the unknown role '\(word)'")
        }
        return role
    }

    // MARK: owners of the server

    func admins() throws -> [Admin] {
        try Row.fetchAll(db, sql: "SELECT * FROM server_admin ORDER BY principal").map { row in
            Admin(
                principal: row["principal"], createdAt: Timestamp(microseconds: row["created_at"]),
                createdBy: row["created_by"])
        }
    }

    func addAdmin(_ principal: String, by: Principal) throws {
        try execute(
            "INSERT INTO server_admin (principal, created_at, created_by) VALUES (?, ?, ?)", [principal, now, by.id])
    }

    func removeAdmin(_ principal: String) throws {
        try execute("DELETE FROM server_admin WHERE principal = ?", [principal])
    }

    // MARK: keys

    func key(_ id: String) throws -> APIKey? {
        try Row.fetchOne(db, sql: "SELECT * FROM api_key WHERE id = ?", arguments: [id]).map(Self.key)
    }

    func keys(of principal: String?, after: String?, limit: Int) throws -> [APIKey] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM api_key WHERE id > :after AND (:principal IS NULL OR principal = :principal)
                ORDER BY id LIMIT :limit
                """, arguments: ["after": after ?? "", "principal": principal, "limit": limit]
        ).map(Self.key)
    }

    func insert(_ hashed: HashedKey) throws {
        let key = hashed.key
        try execute(
            """
            INSERT INTO api_key (id, lineage, name, principal, secret_sha256, scope, limits, is_monthly, created_at,
                created_by, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                key.id, key.lineage, key.name, key.principal, hashed.secretHash, try Self.json(key.scope),
                try Self.json(key.limits), key.limits.isMonthly, key.createdAt.microseconds, key.createdBy,
                key.expiresAt?.microseconds,
            ])
    }

    func end(_ id: String, revokedAt: Timestamp?, expiresAt: Timestamp?, replacedBy: String?) throws {
        try execute(
            "UPDATE api_key SET revoked_at = ?, expires_at = ?, replaced_by = ? WHERE id = ?",
            [revokedAt?.microseconds, expiresAt?.microseconds, replacedBy, id])
    }

    func monthlyKeys() throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(DISTINCT lineage) FROM api_key
                WHERE is_monthly = 1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
                """, arguments: [now]) ?? 0
    }

    private static func key(_ row: Row) throws -> APIKey {
        func moment(_ column: String) -> Timestamp? {
            let value: Int? = row[column]
            return value.map { Timestamp(microseconds: $0) }
        }
        return APIKey(
            id: row["id"], lineage: row["lineage"], name: row["name"], principal: row["principal"],
            scope: try decode(KeyScope.self, row["scope"]), limits: try decode(KeyLimits.self, row["limits"]),
            createdAt: Timestamp(microseconds: row["created_at"]), createdBy: row["created_by"],
            expiresAt: moment("expires_at"), revokedAt: moment("revoked_at"), replacedBy: row["replaced_by"])
    }
}

extension StoredTransaction {
    /// What a space's policy says of roles.
    func roleRules(of space: String) throws -> RoleRules? {
        guard let policy = try policy(of: space) else { return nil }
        return RoleRules(
            deploy: policy.deploy.map { Set($0) }, rollout: policy.rollout.map { Set($0) },
            rollback: policy.rollback.map { Set($0) },
            approve: policy.approvals.count == 0 ? nil : Set(policy.approvals.roles),
            approveRollouts: policy.rolloutApprovals.count == 0 ? nil : Set(policy.rolloutApprovals.roles))
    }
}
