import Crypto
import Foundation
import GRDB
import Journal
import Registry
import Serving
import Testing

@testable import Store

struct BackupTests {
    /// Two models, one of two files, an empty file, a deleted version and a signed head.
    private func filled(_ workshop: Workshop) async throws -> Store {
        let store = try workshop.open(clock: SystemClock())
        try await store.push("churn", "the first churn model")
        try await store.push("churn", "the second churn model")
        let model = try await store.upload(Array("a model of two files".utf8))
        let weights = try await store.upload([]).at("data/weights.bin")
        _ = try await store.service.push(
            model: "fraud", space: "default", files: [model, weights], principal: .local)
        _ = try await store.service.delete("churn", number: 1, space: "default", principal: .local)
        _ = try await store.audit.keepHead(after: nil)
        return store
    }

    private func write(_ archive: BackupArchive, to path: String) async throws {
        var bytes = Data()
        while let piece = try await archive.next() { bytes += piece }
        #expect(bytes.count == archive.size)
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    /// A backup of `filled`, and the folder it was made in.
    private func backup() async throws -> (workshop: Workshop, path: String) {
        let workshop = try Workshop()
        let path = workshop.folder + "/backup.tar"
        let store = try await filled(workshop)
        try await write(try await store.backup(), to: path)
        return (workshop, path)
    }

    private func restore(_ path: String, to target: String) throws(ControlError) -> RestoreResult {
        try Restoration.run(path, to: target)
    }

    /// Nothing but what was there before.
    private func names(_ workshop: Workshop) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: workshop.folder)) ?? []).sorted()
    }

    @Test func `what is restored is what was backed up, and goes on`() async throws {
        let (workshop, path) = try await backup()
        let target = workshop.folder + "/restored"
        let result = try restore(path, to: target)
        #expect(result.folder == target)
        #expect(result.auditEvents == 4)
        #expect(result.generation == 4)
        #expect(names(workshop) == ["backup.tar", "data", "restored"])
        let store = try Store.open(folder: target)
        #expect(try await store.service.version("churn", space: "default").number == 2)
        #expect(try await store.service.version("fraud", space: "default").artifact.files.count == 2)
        #expect(try await store.verify().isIntact)
        #expect(try await store.push("churn", "a third").version.number == 3)
        // The chain goes on under the same key.
        _ = try await store.audit.keepHead(after: nil)
        #expect(try await store.audit.verify().heads == 2)
        #expect(try await store.audit.verify().problems.isEmpty)
        let attributes = try FileManager.default.attributesOfItem(atPath: target + "/audit.key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `another program reads the archive`() async throws {
        let (workshop, path) = try await backup()
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-tf", path]
        let output = Pipe()
        tar.standardOutput = output
        try tar.run()
        let listed = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        tar.waitUntilExit()
        #expect(tar.terminationStatus == 0)
        let lines = listed.split(separator: "\n").map(String.init)
        #expect(lines.prefix(5) == ["manifest.json", "audit-heads.jsonl", "audit.key", "usage", "slipway.db"])
        #expect(lines.last == "archive.sha256")
        #expect(lines.count == 6 + workshop.files("blobs").count)
    }

    @Test func `a backup is of one moment, whatever happens while it is read`() async throws {
        let workshop = try Workshop()
        let store = try await filled(workshop)
        let archive = try await store.backup()
        var bytes = Data()
        var number = 0
        while let piece = try await archive.next() {
            bytes += piece
            number += 1
            try await store.push("later", "version \(number)")
        }
        let path = workshop.folder + "/backup.tar"
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(try restore(path, to: workshop.folder + "/restored").generation == 4)
    }

    @Test func `its own copies go with it`() async throws {
        let workshop = try Workshop()
        let store = try await filled(workshop)
        var archive: BackupArchive? = try await store.backup()
        #expect(!workshop.files("tmp").isEmpty)
        _ = try await archive?.next()
        archive = nil
        #expect(workshop.files("tmp").isEmpty)
    }

    @Test func `a rotten file is no part of a backup`() async throws {
        let workshop = try Workshop()
        let store = try await filled(workshop)
        let sha256 = try await store.service.version("churn", space: "default").artifact.files[0].sha256
        try Workshop.rot(workshop.blobPath(sha256))
        let archive = try await store.backup()
        let error = await controlError { while try await archive.next() != nil {} }
        #expect(error?.code == .digestMismatch)
        #expect(error?.message.contains(sha256) == true)
        try FileManager.default.removeItem(atPath: workshop.blobPath(sha256))
        let missing = await controlError { _ = try await store.backup() }
        #expect(missing?.code == .digestMismatch)
        #expect(missing?.message.contains(sha256) == true)
    }

    @Test func `a restore writes over nothing`() async throws {
        let (workshop, path) = try await backup()
        let target = workshop.folder + "/mine"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
        _ = try restore(path, to: target)
        let full = #expect(throws: ControlError.self) { try restore(path, to: target) }
        #expect(full?.code == .conflict)
        let file = workshop.folder + "/a file"
        try Data("diary".utf8).write(to: URL(fileURLWithPath: file))
        #expect(throws: ControlError.self) { try restore(path, to: file) }
        #expect(FileManager.default.contents(atPath: file) == Data("diary".utf8))
    }

    @Test func `what a killed restore left is no obstacle`() async throws {
        let (workshop, path) = try await backup()
        let target = workshop.folder + "/restored"
        try FileManager.default.createDirectory(
            atPath: target + ".restoring/blobs/sha256/ab", withIntermediateDirectories: true)
        try Data("half".utf8).write(to: URL(fileURLWithPath: target + ".restoring/slipway.db"))
        _ = try restore(path, to: target)
        #expect(names(workshop) == ["backup.tar", "data", "restored"])
    }

    /// Each page of the database in two places, and each kind of field in the headers.
    @Test func `any changed byte is refused, and nothing is left`() async throws {
        let (workshop, path) = try await backup()
        let clean = try Data(contentsOf: URL(fileURLWithPath: path))
        let target = workshop.folder + "/restored"
        let header = [0, 50, 100, 104, 110, 118, 124, 130, 136, 148, 156, 157, 200, 257, 263, 300, 345, 511]
        let offsets = Set(header + stride(from: 7, to: clean.count, by: 2039))
        for offset in offsets.sorted() {
            var bytes = clean
            bytes[offset] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            #expect(throws: ControlError.self, "byte \(offset)") { try restore(path, to: target) }
            if names(workshop) != ["backup.tar", "data"] {
                Issue.record("byte \(offset) left something behind")
                return
            }
        }
    }

    @Test func `an archive that is cut off, or longer than it was, is refused`() async throws {
        let (workshop, path) = try await backup()
        let clean = try Data(contentsOf: URL(fileURLWithPath: path))
        let target = workshop.folder + "/restored"
        for length in [0, 1, 511, 512, 513, 1024, clean.count / 2, clean.count - 1024, clean.count - 1] {
            try clean.prefix(length).write(to: URL(fileURLWithPath: path))
            #expect(throws: ControlError.self) { try restore(path, to: target) }
        }
        try (clean + [0]).write(to: URL(fileURLWithPath: path))
        #expect(throws: ControlError.self) { try restore(path, to: target) }
        #expect(names(workshop) == ["backup.tar", "data"])
    }

    /// An archive made by somebody who knows the form, with a right checksum.
    private func forged(_ files: [(String, [UInt8])], stated: [BackupManifest.File]? = nil) throws -> Data {
        let listed = files.map { path, bytes in
            BackupManifest.File(path: path, size: bytes.count, sha256: SHA256.hash(data: bytes).hexadecimal)
        }
        let manifest = try BackupManifest(
            format: BackupManifest.form, createdAt: "2026-01-01T00:00:00Z", schema: 6, generation: 1,
            files: stated ?? listed
        ).encoded()
        var archive: [UInt8] = []
        for (path, bytes) in [(BackupManifest.name, manifest)] + files {
            archive += try #require(TarHeader.bytes(name: path, size: bytes.count)) + bytes
            archive += [UInt8](repeating: 0, count: TarHeader.padding(bytes.count))
        }
        let seal = Array((SHA256.hash(data: archive).hexadecimal + "\n").utf8)
        archive += try #require(TarHeader.bytes(name: BackupManifest.sealName, size: seal.count)) + seal
        archive += [UInt8](repeating: 0, count: TarHeader.padding(seal.count)) + TarHeader.end
        return Data(archive)
    }

    private static let key = ("audit.key", Array((String(repeating: "1", count: 64) + "\n").utf8))

    @Test(arguments: [
        "../evil", "/etc/evil", "blobs/../../evil", "blobs/sha256/ab/short", "lock", "tmp/x", "slipway.db-wal",
        "blobs/sha256/../" + String(repeating: "a", count: 64), "artifacts/x", "", ".", "slipway.db/x", "audit.key",
    ])
    func `a path that leads anywhere else, or comes twice, is refused before anything is made`(name: String)
        async throws
    {
        let workshop = try Workshop()
        let path = workshop.folder + "/evil.tar"
        let archive = try forged([("slipway.db", [1]), Self.key, (name, [1, 2, 3])])
        try archive.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: ControlError.self) { try restore(path, to: workshop.folder + "/restored") }
        #expect(error?.message.contains("no backup has") == true)
        #expect(names(workshop) == ["evil.tar"])
    }

    @Test func `sizes that cannot be, or that are not there, are refused`() async throws {
        let workshop = try Workshop()
        let path = workshop.folder + "/bomb.tar"
        for size in [Int.max, Int.max - 511, -1, 1 << 50, 4] {
            let database = BackupManifest.File(
                path: "slipway.db", size: size, sha256: String(repeating: "a", count: 64))
            let archive = try forged([("slipway.db", [1]), Self.key], stated: [database])
            try archive.write(to: URL(fileURLWithPath: path))
            #expect(throws: ControlError.self) { try restore(path, to: workshop.folder + "/restored") }
        }
        #expect(names(workshop) == ["bomb.tar"])
    }

    @Test func `an archive without a database, or with one of somebody else, is refused`() async throws {
        let workshop = try Workshop()
        let path = workshop.folder + "/other.tar"
        let foreign = workshop.folder + "/song.db"
        let queue = try DatabaseQueue(path: foreign)
        try await queue.write { try $0.execute(sql: "CREATE TABLE song (title TEXT)") }
        try queue.close()
        let song = Array(try Data(contentsOf: URL(fileURLWithPath: foreign)))
        for files in [[Self.key], [("slipway.db", song), Self.key], [("slipway.db", [1, 2, 3]), Self.key]] {
            try forged(files).write(to: URL(fileURLWithPath: path))
            #expect(throws: ControlError.self) { try restore(path, to: workshop.folder + "/restored") }
        }
        #expect(names(workshop) == ["other.tar", "song.db"])
    }

    @Test func `a backup whose audit was changed is refused`() async throws {
        let (workshop, path) = try await backup()
        let data = workshop.folder + "/unpacked"
        _ = try restore(path, to: data)
        let queue = try DatabaseQueue(path: data + "/slipway.db")
        try await queue.write { db in
            try db.execute(sql: "DROP TRIGGER audit_event_no_update")
            try db.execute(sql: "UPDATE audit_event SET principal = 'mallory' WHERE sequence = 2")
        }
        try queue.close()
        var files: [(String, [UInt8])] = []
        for name in ["slipway.db", "audit.key", "audit-heads.jsonl"] {
            files.append((name, Array(try Data(contentsOf: URL(fileURLWithPath: data + "/" + name)))))
        }
        for name in FileManager.default.subpaths(atPath: data + "/blobs") ?? [] where name.utf8.count > 64 {
            files.append(("blobs/" + name, Array(try Data(contentsOf: URL(fileURLWithPath: data + "/blobs/" + name)))))
        }
        try forged(files).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: ControlError.self) { try restore(path, to: workshop.folder + "/restored") }
        #expect(error?.message.contains("audit event 2 was changed") == true)
    }

    @Test(arguments: [0, 1, 511, 512, 8_589_934_591, 8_589_934_592, Int.max - 1024])
    func `a header says its size, and is the only one of it`(size: Int) throws {
        let header = try #require(TarHeader.bytes(name: "x", size: size))
        #expect(header.count == 512)
        #expect(header[124] == (size < 8_589_934_592 ? UInt8(ascii: "0") : 0x80) || size == 8_589_934_591)
        #expect(TarHeader.bytes(name: String(repeating: "x", count: 101), size: 1) == nil)
        #expect(TarHeader.bytes(name: "x", size: -1) == nil)
    }
}
