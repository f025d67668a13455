import Crypto
import Foundation
import GRDB
import Journal
import Registry
import Serving
import Testing

@testable import Store

extension Store {
    var dataSetService: DataSetService { DataSetService(store: dataSets, blobs: blobReading) }

    @discardableResult
    func pushDataSet(
        _ name: String, _ text: String, format: DataSetFormat = .csv, schema: DataSetSchema? = nil,
        space: String = "default", key: String? = nil
    ) async throws -> DataSetOutcome {
        let file = try await upload(Array(text.utf8), space: space)
        return try await dataSetService.push(
            name: name, space: space, format: format, sha256: file.sha256, size: file.size, schema: schema,
            principal: .local, idempotencyKey: key)
    }
}

@Suite struct DataSetTests {
    private static let people = "age,region,churned\n31,north,true\n47,,false\n"

    @Test func `a push reads the file, and the same bytes again are the same version`() async throws {
        let store = try Workshop().open()
        let first = try await store.pushDataSet("people", Self.people)
        #expect(first.isNew)
        #expect(first.version.label == "people:1")
        #expect(first.version.rowCount == 2)
        #expect(
            first.version.schema.columns == [
                DataSetColumn(name: "age", type: .integer, allowsMissing: false),
                DataSetColumn(name: "region", type: .text, allowsMissing: true),
                DataSetColumn(name: "churned", type: .boolean, allowsMissing: false),
            ])
        let again = try await store.pushDataSet("people", Self.people)
        #expect(!again.isNew)
        #expect(again.version == first.version)
        #expect(try await store.pushDataSet("people", Self.people + "50,south,true\n").version.number == 2)
        #expect(try await store.pushDataSet("others", Self.people).version.label == "others:1")
        // Three versions, three events.
        #expect(try await store.verify().auditEvents == 3)
        let service = store.dataSetService
        #expect(try await service.list(space: "default").items.map(\.label) == ["others:1", "people:2"])
        #expect(try await service.versions(of: "people", space: "default").items.map(\.number) == [2, 1])
        let page = try await service.versions(of: "people", space: "default", limit: 1)
        #expect(page.next == "2")
        #expect(
            try await service.versions(of: "people", space: "default", after: "2").items.map(\.label) == ["people:1"])
    }

    @Test func `the rows come back by column`() async throws {
        let store = try Workshop().open()
        let pushed = try await store.pushDataSet("people", Self.people).version
        let table = try await store.dataSetService.table("people", version: nil, space: "default")
        #expect(table.label == "people:1")
        #expect(table.sha256 == pushed.sha256)
        #expect(table.rowCount == 2)
        #expect(table.column("age")?.values == .numbers([31, 47]))
        #expect(table.column("region")?.values == .texts(["north", nil]))
        #expect(table.column("churned")?.values == .booleans([true, false]))
        #expect(table.column("none") == nil)
    }

    @Test func `another space has its own data sets and learns nothing of these`() async throws {
        let store = try Workshop().open()
        try await store.database.pool.write {
            try $0.execute(sql: "INSERT INTO space (name, created_at, created_by) VALUES ('prod', 0, 'local')")
        }
        let pushed = try await store.pushDataSet("people", Self.people).version
        let service = store.dataSetService
        for body in [
            { _ = try await service.version("people", space: "prod") },
            { _ = try await service.versions(of: "people", space: "prod") },
            { _ = try await service.table("people", version: 1, space: "prod") },
            { _ = try await service.version("people", space: "nowhere") },
            { _ = try await service.version("people", number: 2, space: "default") },
        ] as [@Sendable () async throws -> Void] {
            #expect(await controlError(body)?.code == .notFound)
        }
        #expect(try await service.list(space: "prod").items.isEmpty)
        // That the other space holds the bytes is no way to them either.
        let error = await controlError {
            _ = try await service.push(
                name: "people", space: "prod", format: .csv, sha256: pushed.sha256, size: pushed.size,
                principal: .local)
        }
        #expect(error?.code == .invalid)
        #expect(error?.field == "sha256")
        // The same name is free there, and counts from one.
        #expect(try await store.pushDataSet("people", "a\n1\n", space: "prod").version.number == 1)
        #expect(try await service.version("people", space: "default").sha256 == pushed.sha256)
    }

    @Test func `two pushes of one name at once become two versions, of the same bytes one`() async throws {
        let store = try Workshop().open()
        let numbers = try await withThrowingTaskGroup(of: DataSetOutcome.self) { group in
            for number in 0..<12 {
                group.addTask { try await store.pushDataSet("people", "a\n\(number % 6)\n") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.count { $0.isNew } == 6)
        #expect(Set(numbers.map(\.version.number)) == Set(1...6))
        #expect(try await store.verify().auditEvents == 6)
    }

    @Test func `an idempotency key gives the first answer, and refuses another request`() async throws {
        let store = try Workshop().open()
        let first = try await store.pushDataSet("people", Self.people, key: "k")
        #expect(try await store.pushDataSet("people", Self.people, key: "k") == first)
        let error = await controlError { try await store.pushDataSet("people", "a\n1\n", key: "k") }
        #expect(error?.code == .conflict)
    }

    @Test func `the same bytes with another schema or format are refused`() async throws {
        let store = try Workshop().open()
        try await store.pushDataSet("people", "a\n1\n")
        let schema = DataSetSchema(columns: [DataSetColumn(name: "a", type: .text, allowsMissing: false)])
        let other = await controlError { try await store.pushDataSet("people", "a\n1\n", schema: schema) }
        #expect(other?.code == .conflict)
        #expect(other?.field == "schema")
        let format = await controlError { try await store.pushDataSet("people", "a\n1\n", format: .jsonl) }
        #expect(format?.field == "format")
        #expect(try await store.pushDataSet("texts", "a\n1\n", schema: schema).version.schema == schema)
    }

    @Test func `what cannot be read makes no version and no event`() async throws {
        let store = try Workshop().open()
        let error = await controlError { try await store.pushDataSet("people", "a,b\n1\n") }
        #expect(error?.code == .invalid)
        #expect(error?.message == "line 2 has 1 cells, the header has 2")
        for (name, size, sha256) in [
            ("-bad", 5, String(repeating: "a", count: 64)), ("good", -1, String(repeating: "a", count: 64)),
            ("good", 5, "short"), ("good", 5, String(repeating: "a", count: 64)),
        ] {
            let error = await controlError {
                _ = try await store.dataSetService.push(
                    name: name, space: "default", format: .csv, sha256: sha256, size: size, principal: .local)
            }
            #expect(error?.code == .invalid)
        }
        let large = await controlError {
            _ = try await store.dataSetService.push(
                name: "good", space: "default", format: .csv, sha256: String(repeating: "a", count: 64), size: .max,
                principal: .local)
        }
        #expect(large?.code == .tooLarge)
        #expect(try await store.generation().number == 0)
    }

    @Test func `rotten bytes are a digest mismatch whatever they look like, and are asked for again`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let pushed = try await store.pushDataSet("people", Self.people).version
        try Workshop.rot(workshop.blobPath(pushed.sha256))
        let rotten = await controlError {
            _ = try await store.dataSetService.table("people", version: 1, space: "default")
        }
        #expect(rotten?.code == .digestMismatch)
        #expect(rotten?.message.contains("digest mismatch") == true)
        #expect(try await store.blobs.contains(pushed.sha256, space: "default") == nil)
        let problems = try await store.verify().problems
        #expect(problems.first?.message.contains("data set people:1 of space default") == true)
        // Sent again, it is whole.
        #expect(try await store.pushDataSet("people", Self.people).isNew == false)
        _ = try await store.dataSetService.table("people", version: 1, space: "default")
        try FileManager.default.removeItem(atPath: workshop.blobPath(pushed.sha256))
        let missing = await controlError {
            _ = try await store.dataSetService.table("people", version: 1, space: "default")
        }
        #expect(missing?.code == .digestMismatch)
    }

    @Test func `a version is immutable even for SQL`() async throws {
        let store = try Workshop().open()
        try await store.pushDataSet("people", Self.people)
        await #expect(throws: DatabaseError.self) {
            try await store.database.pool.write { try $0.execute(sql: "UPDATE data_set_version SET row_count = 9") }
        }
    }
}
