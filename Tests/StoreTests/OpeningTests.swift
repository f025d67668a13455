import Foundation
import GRDB
import Governance
import Journal
import Registry
import Serving
import Testing

@testable import Store

struct OpeningTests {
    private func openError(_ workshop: Workshop) -> StoreError? {
        do {
            _ = try workshop.open()
            return nil
        } catch { return error as? StoreError }
    }

    @Test func `a new folder has the default space, generation 0 and nothing wrong`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let spaces = try await store.spaces.read { try $0.spaces(after: nil, limit: 10) }
        #expect(spaces.map(\.space.name) == ["default"])
        #expect(try await store.generation().number == 0)
        #expect(try await store.verify().isIntact)
    }

    @Test func `commits are synced in full, in WAL mode`() throws {
        let store = try Workshop().open()
        let state = try store.database.pool.writeWithoutTransaction { db in
            (
                try Int.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
            )
        }
        #expect(state.0 == 2)
        #expect(state.1 == "wal")
        #expect(state.2 == 1)
    }

    @Test func `a folder in use is refused with the process id of the other server`() throws {
        let workshop = try Workshop()
        let first = try workshop.open()
        let error = openError(workshop)
        #expect(error?.reason == .inUse(pid: Int(getpid())))
        #expect(error?.message.contains(first.path) == true)
        withExtendedLifetime(first) {}
    }

    @Test func `a folder that was let go of without closing opens again with all that was acknowledged`() async throws {
        let workshop = try Workshop()
        var store: Store? = try workshop.open()
        try await store?.push("churn", "one")
        store = nil
        let again = try await workshop.reopen()
        #expect(try await again.service.version("churn", space: "default").number == 1)
        #expect(try await again.verify().isIntact)
    }

    @Test func `a folder that cannot be made says why`() throws {
        let workshop = try Workshop()
        try Data("in the way".utf8).write(to: URL(fileURLWithPath: workshop.data))
        #expect(openError(workshop)?.reason == .notUsable)
        #expect(throws: StoreError.self) { try Store.open(folder: workshop.data + "/below") }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func `a folder without write permission is refused`() throws {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(
            atPath: workshop.data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o500])
        #expect(openError(workshop)?.reason == .notUsable)
    }

    @Test func `a file system that cannot be written is refused`() throws {
        #expect(throws: StoreError.self) { try Store.open(folder: "/proc/slipway") }
    }

    @Test func `a database of a newer schema is refused and left as it was`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        try await store.push("churn", "one")
        try await store.database.pool.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('002-from-the-future')")
            try db.execute(sql: "PRAGMA user_version = 2")
        }
        try store.close()
        let error = openError(workshop)
        #expect(error?.reason == .newerSchema)
        #expect(error?.message.contains("schema is 2") == true)
    }

    @Test(arguments: [0, 20, 100, 4096 + 8])
    func `a damaged database is refused and says so`(offset: Int) async throws {
        let workshop = try Workshop()
        var store: Store? = try workshop.open()
        for number in 0..<20 { try await store?.push("model-\(number)", "bytes \(number)") }
        try store?.close()
        store = nil
        let path = workshop.data + "/slipway.db"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in offset..<(offset + 64) { bytes[place] = 0xA5 }
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = openError(workshop)
        #expect(error?.reason == .corrupt, "\(error?.message ?? "it opened")")
        #expect(workshop.files("blobs").count == 20)
    }

    @Test func `a database that is not ours is refused`() throws {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(atPath: workshop.data, withIntermediateDirectories: true)
        let other = try DatabaseQueue(path: workshop.data + "/slipway.db")
        try other.write { try $0.execute(sql: "CREATE TABLE theirs (id INTEGER)") }
        try other.close()
        #expect(openError(workshop)?.reason == .corrupt)
    }

    @Test func `a first start that was killed before its schema was made is taken up`() async throws {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(atPath: workshop.data, withIntermediateDirectories: true)
        let begun = try DatabaseQueue(path: workshop.data + "/slipway.db")
        try await begun.write {
            try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        try begun.close()
        let store = try workshop.open()
        try await store.push("churn", "bytes")
        #expect(try await store.verify().isIntact)
    }

    @Test func `a start that was killed inside its first transaction is rolled back and taken up`() async throws {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(atPath: workshop.data, withIntermediateDirectories: true)
        let path = workshop.data + "/slipway.db"
        let killed = try DatabaseQueue(path: path + "-elsewhere")
        try await killed.writeWithoutTransaction { db in
            try db.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
            // So little memory that pages go to the file before the commit, and what they were to the journal.
            try db.execute(sql: "PRAGMA cache_size = 1; BEGIN IMMEDIATE")
            for number in 0..<200 {
                try db.execute(
                    sql: "INSERT INTO grdb_migrations VALUES (?)",
                    arguments: ["\(number)" + String(repeating: "x", count: 500)])
            }
            for ending in ["", "-journal"] {
                try FileManager.default.copyItem(atPath: path + "-elsewhere" + ending, toPath: path + ending)
            }
            try db.execute(sql: "ROLLBACK")
        }
        try killed.close()
        let store = try workshop.open()
        try await store.push("churn", "bytes")
        #expect(try await store.verify().isIntact)
    }

    @Test func `a database that is refused is left as it was, byte for byte`() throws {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(atPath: workshop.data, withIntermediateDirectories: true)
        let path = workshop.data + "/slipway.db"
        let other = try DatabaseQueue(path: path)
        try other.write { try $0.execute(sql: "CREATE TABLE theirs (id INTEGER)") }
        try other.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(openError(workshop)?.reason == .corrupt)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test(arguments: [false, true])
    func `blobs without their database are not swept away`(emptied: Bool) async throws {
        let workshop = try Workshop()
        var store: Store? = try workshop.open()
        try await store?.push("churn", "one")
        try store?.close()
        store = nil
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: workshop.data + "/slipway.db" + ending)
        }
        if emptied { try Data().write(to: URL(fileURLWithPath: workshop.data + "/slipway.db")) }
        #expect(openError(workshop)?.reason == .corrupt)
        #expect(workshop.files("blobs").count == 1)
    }

    @Test func `what a crash leaves in the folder is gone after the next start`() async throws {
        let workshop = try Workshop()
        var store: Store? = try workshop.open()
        let kept = try await store?.push("churn", "one")
        store = nil
        let stray = String(repeating: "e", count: 64)
        for path in ["tmp/upload-1", "tmp/layout-1/deep/model.onnx", "blobs/sha256/ee/\(stray)", "artifacts/x/y"] {
            let url = URL(fileURLWithPath: workshop.data + "/" + path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("left".utf8).write(to: url)
        }
        let again = try await workshop.reopen()
        #expect(workshop.files("tmp").isEmpty)
        #expect(workshop.files("artifacts").isEmpty)
        #expect(workshop.files("blobs").count == 1)
        #expect(try await again.verify().isIntact)
        #expect(kept?.isNew == true)
    }
}
