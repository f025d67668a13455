import Foundation
import GRDB
import Journal

/// One transaction on the database; its extensions are what the rooms see of it.
struct StoredTransaction {
    let db: Database
    let descriptions: DescriptionCache
    /// One time for everything that a transaction writes.
    let now: Int

    init(_ db: Database, _ database: ControlDatabase) {
        self.db = db
        self.descriptions = database.descriptions
        self.now = database.clock.now
    }

    func hasSpace(_ name: String) throws -> Bool { try spaceID(name) != nil }

    func spaceID(_ name: String) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT id FROM space WHERE name = ?"), arguments: [name])
    }

    func requireSpaceID(_ name: String) throws -> Int64 {
        guard let id = try spaceID(name) else {
            throw ControlError(.notFound, "there is no space '\(Name.excerpt(of: name))'", field: "space")
        }
        return id
    }

    /// Runs a statement that is likely to come again.
    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json.utf8))
    }
}
