import GRDB
import Monitoring

/// The few single values of an index.
struct IndexMeta {
    let db: Database

    init(_ db: Database) { self.db = db }

    func number(_ name: String) throws -> Int? {
        try Int.fetchOne(db.cachedStatement(sql: "SELECT value FROM meta WHERE name = ?"), arguments: [name])
    }

    func text(_ name: String) throws -> String? {
        try String.fetchOne(db.cachedStatement(sql: "SELECT value FROM meta WHERE name = ?"), arguments: [name])
    }

    func set(_ name: String, _ value: some DatabaseValueConvertible) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
            .execute(arguments: [name, value])
    }

    func add(_ count: Int, to name: String) throws {
        guard count != 0 else { return }
        try set(name, (try number(name) ?? 0) + count)
    }

    func remove(_ name: String) throws {
        try db.execute(sql: "DELETE FROM meta WHERE name = ?", arguments: [name])
    }

    func position() throws -> LedgerPosition? {
        guard let file = try number("file"), let madeAt = try number("madeAt"), let offset = try number("offset") else {
            return nil
        }
        return LedgerPosition(
            file: UInt64(clamping: file), madeAt: madeAt, offset: offset, mayRepeat: try number("mayRepeat") == 1)
    }

    func set(_ position: LedgerPosition) throws {
        try set("file", Int(clamping: position.file))
        try set("madeAt", position.madeAt)
        try set("offset", position.offset)
        try set("mayRepeat", position.mayRepeat ? 1 : 0)
    }
}
