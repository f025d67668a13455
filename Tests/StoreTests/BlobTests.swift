import Crypto
import Foundation
import GRDB
import Journal
import Registry
import Serving
import Testing

@testable import Store

struct BlobTests {
    private func digest(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

    @Test(arguments: [0, 1, 255, 256 << 10, (256 << 10) + 1, 3 << 20])
    func `bytes come back as they were sent, however they were cut`(size: Int) async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        for piece in [1 << 16, 1 << 20, 777] where piece > 777 || size < 1 << 20 {
            let upload = try await store.blobs.beginUpload(
                space: "default", sha256: digest(bytes), declaredSize: nil, principal: .local)
            for start in stride(from: 0, to: size, by: piece) {
                try await upload.append(Array(bytes[start..<min(start + piece, size)]))
            }
            #expect(try await upload.finish() == size)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: workshop.blobPath(digest(bytes)))) == Data(bytes))
        #expect(try await store.blobs.contains(digest(bytes), space: "default") == size)
        #expect(workshop.files("blobs").count == 1)
        #expect(workshop.files("tmp").isEmpty)
    }

    @Test func `bytes with another digest than announced leave nothing`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let announced = digest([1])
        let error = await controlError {
            let upload = try await store.blobs.beginUpload(
                space: "default", sha256: announced, declaredSize: 1, principal: .local)
            try await upload.append([2])
            _ = try await upload.finish()
        }
        #expect(error?.code == .digestMismatch)
        #expect(try await store.blobs.contains(announced, space: "default") == nil)
        #expect(workshop.files("blobs").isEmpty)
        #expect(workshop.files("tmp").isEmpty)
    }

    @Test(
        arguments: [
            (2, 3, .invalid), (4, 3, .invalid), (nil, 11, .tooLarge), (11, 0, .tooLarge),
        ] as [(Int?, Int, ControlError.Code)])
    func `sizes that do not fit are refused`(declared: Int?, sent: Int, code: ControlError.Code) async throws {
        let workshop = try Workshop()
        let store = try workshop.open(maximumBlobBytes: 10)
        let bytes = [UInt8](repeating: 7, count: sent)
        let error = await controlError {
            let upload = try await store.blobs.beginUpload(
                space: "default", sha256: digest(bytes), declaredSize: declared, principal: .local)
            try await upload.append(bytes)
            _ = try await upload.finish()
        }
        #expect(error?.code == code)
        #expect(workshop.files("tmp").isEmpty)
    }

    @Test(arguments: ["", "abc", "../../../etc/passwd", String(repeating: "A", count: 64)])
    func `what is not a SHA-256 is refused before it becomes a path`(sha256: String) async throws {
        let store = try Workshop().open()
        let error = await controlError {
            _ = try await store.blobs.beginUpload(
                space: "default", sha256: sha256, declaredSize: 1, principal: .local)
        }
        #expect(error?.code == .invalid)
        #expect(await controlError { _ = try await store.blobs.contains(sha256, space: "default") }?.code == .invalid)
    }

    @Test func `an abandoned and a forgotten upload leave no file`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        for forget in [false, true] {
            let upload = try await store.blobs.beginUpload(
                space: "default", sha256: digest([1]), declaredSize: nil, principal: .local)
            try await upload.append([UInt8](repeating: 1, count: 300 << 10))
            #expect(workshop.files("tmp").count == 1)
            if !forget { await upload.abandon() }
        }
        // The forgotten one is removed by a thread of the same few that make the next ones.
        while !workshop.files("tmp").isEmpty { await Task.yield() }
    }

    @Test func `an upload that is over takes nothing more`() async throws {
        let store = try Workshop().open()
        let upload = try await store.blobs.beginUpload(
            space: "default", sha256: digest([1]), declaredSize: nil, principal: .local)
        try await upload.append([1])
        #expect(try await upload.finish() == 1)
        #expect(await controlError { try await upload.append([1]) }?.code == .conflict)
        #expect(await controlError { _ = try await upload.finish() }?.code == .conflict)
        #expect(try await store.blobs.contains(digest([1]), space: "default") == 1)
    }

    @Test func `many uploads of the same bytes at once make one blob`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let bytes = [UInt8](repeating: 42, count: 1 << 20)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 { group.addTask { try await store.upload(bytes) } }
            try await group.waitForAll()
        }
        #expect(workshop.files("blobs") == ["sha256/\(digest(bytes).prefix(2))/\(digest(bytes))"])
        #expect(workshop.files("tmp").isEmpty)
        #expect(try await store.verify().isIntact)
    }

    @Test func `another space learns nothing of a blob until it sent the bytes itself`() async throws {
        let store = try Workshop().open()
        try await store.database.pool.write {
            try $0.execute(sql: "INSERT INTO space (name, created_at, created_by) VALUES ('prod', 0, 'local')")
        }
        let file = try await store.upload([1, 2, 3])
        #expect(try await store.blobs.contains(file.sha256, space: "prod") == nil)
        try await store.upload([1, 2, 3], space: "prod")
        #expect(try await store.blobs.contains(file.sha256, space: "prod") == 3)
        #expect(try await store.usage().blobs == 1)
    }

    @Test func `an unknown space is not found`() async throws {
        let store = try Workshop().open()
        #expect(await controlError { try await store.upload([1], space: "nowhere") }?.code == .notFound)
    }
}
