import GRDB
import Journal
import Registry
import Testing

@testable import Store

struct UnitOfWorkTests {
    private func mutation(_ key: String?, _ request: [String], principal: Principal = .local) throws -> Mutation {
        Mutation(principal: principal, space: "default", idempotency: try Idempotency.make(key, request))
    }

    private func insert(_ name: String, in store: Store, _ mutation: Mutation) async throws -> Committed<String> {
        try await store.registry.commit(mutation) { transaction in
            try transaction.insertModel(name, owner: "default", by: mutation.principal)
            return Change("answer of \(name)", event: AuditDraft(action: "model.test", subject: name))
        }
    }

    private func rows(_ store: Store, _ table: String) async throws -> Int {
        try await store.database.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    @Test func `change, event and generation come together`() async throws {
        let store = try Workshop().open()
        let committed = try await insert("a", in: store, try mutation(nil, []))
        #expect(committed.generation.number == 1)
        #expect(try await store.generation().number == 1)
        #expect(try await rows(store, "model") == 1)
        #expect(try await rows(store, "audit_event") == 1)
    }

    @Test func `a body that throws changes nothing`() async throws {
        let store = try Workshop().open()
        let order = try mutation("k", ["x"])
        let error = await controlError {
            let _: Committed<String> = try await store.registry.commit(order) { transaction in
                try transaction.insertModel("a", owner: "default", by: .local)
                throw ControlError(.refused, "on second thought")
            }
        }
        #expect(error?.code == .refused)
        for table in ["model", "audit_event", "idempotency"] { #expect(try await rows(store, table) == 0) }
        #expect(try await store.generation().number == 0)
    }

    @Test func `the same key with the same request gives the first answer and changes nothing more`() async throws {
        let store = try Workshop().open()
        let order = try mutation("k", ["x"])
        let first = try await insert("a", in: store, order)
        let second = try await insert("b", in: store, order)
        #expect(second.answer == first.answer)
        #expect(second.isReplay && !first.isReplay)
        #expect(try await rows(store, "model") == 1)
        #expect(try await rows(store, "audit_event") == 1)
        #expect(try await store.registry.replay(order, as: String.self)?.answer == first.answer)
    }

    @Test func `the same key with another request is a conflict, another caller's key is not`() async throws {
        let store = try Workshop().open()
        _ = try await insert("a", in: store, try mutation("k", ["x"]))
        let error = await controlError { _ = try await insert("b", in: store, try mutation("k", ["y"])) }
        #expect(error?.code == .conflict)
        let other = try mutation("k", ["y"], principal: Principal(id: "somebody"))
        #expect(try await insert("b", in: store, other).isReplay == false)
    }

    @Test func `an answer is forgotten after a day`() async throws {
        let clock = ManualClock()
        let store = try Workshop().open(clock: clock)
        let order = try mutation("k", ["x"])
        _ = try await insert("a", in: store, order)
        clock.advance(Idempotency.lifetime - 1)
        #expect(try await insert("b", in: store, order).isReplay)
        clock.advance(1)
        #expect(try await insert("b", in: store, order).isReplay == false)
        #expect(try await rows(store, "idempotency") == 1)
    }

    @Test func `answers that are kept are bounded in number`() async throws {
        let store = try Workshop().open()
        _ = try await insert("a", in: store, try mutation("first", []))
        try await store.database.pool.write {
            try $0.execute(
                sql: """
                    INSERT INTO idempotency (id, principal, key, request_hash, response, created_at, expires_at)
                    SELECT \(Idempotency.maximumKept), principal, 'middle', '', '""', created_at, expires_at
                    FROM idempotency
                    """)
        }
        _ = try await insert("b", in: store, try mutation("last", []))
        let keys = try await store.database.pool.read {
            try String.fetchAll($0, sql: "SELECT key FROM idempotency ORDER BY id")
        }
        #expect(keys == ["middle", "last"])
    }

    @Test func `commits of many tasks get generations without gaps`() async throws {
        let store = try Workshop().open()
        let generations = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    try await insert("m\(number)", in: store, try mutation("k\(number)", [])).generation.number
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(generations.sorted() == Array(1...50))
        #expect(try await store.verify().auditEvents == 50)
        #expect(try await store.verify().isIntact)
    }

    @Test func `a cancelled task does not take back what it began`() async throws {
        let store = try Workshop().open()
        let order = try mutation("k", [])
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await insert("a", in: store, order)
        }
        #expect(try await task.value.generation.number == 1)
    }

    @Test(arguments: [
        "UPDATE audit_event SET subject = 'x'", "DELETE FROM audit_event", "UPDATE version SET size = 1",
        "UPDATE version_file SET size = 1",
    ])
    func `what is immutable cannot be changed by a statement`(sql: String) async throws {
        let store = try Workshop().open()
        try await store.push("churn", "bytes")
        await #expect(throws: DatabaseError.self) { try await store.database.pool.write { try $0.execute(sql: sql) } }
    }
}
