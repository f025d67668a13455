import Crypto
import Foundation
import ManagementAPI
import Testing

@testable import SlipwayClient

struct BackupTests {
    /// Something, then what an archive ends with: the header of the checksum, the checksum, filling and zeros.
    private static func archive(_ content: [UInt8], checksum: String? = nil) -> [UInt8] {
        let digest = checksum ?? SHA256.hash(data: content).map { hexadecimal($0) }.joined()
        return content + [UInt8](repeating: 1, count: 512) + Array((digest + "\n").utf8)
            + [UInt8](repeating: 0, count: 512 - 65 + 1024)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return text.utf8.count == 1 ? "0" + text : text
    }

    /// A folder with yesterday's backup in it; what is there after `body`.
    private func files(_ body: (String) async throws -> Void) async throws -> [String: String] {
        let folder = NSTemporaryDirectory() + "slipway-backup-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/backup.tar"
        try Data("yesterday's".utf8).write(to: URL(fileURLWithPath: path))
        try await body(path)
        var found: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let content = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
            found[name] = content == Data("yesterday's".utf8) ? "old" : "\(content.count) bytes"
        }
        return found
    }

    @Test func `a backup that is whole takes the place of the old one`() async throws {
        let archive = Self.archive([UInt8](repeating: 7, count: 3_000_000))
        let server = try LoopbackServer { _, _ in .tensors("", archive) }
        let files = try await files { path in
            let size = try await withClient(server.address) { try await $0.backup(to: path) }
            #expect(size == archive.count)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(files == ["backup.tar": "\(archive.count) bytes"])
    }

    @Test func `a backup that does not add up leaves the old one, and nothing else`() async throws {
        let wrong = Self.archive([1, 2, 3], checksum: String(repeating: "0", count: 64))
        let answers: [LoopbackServer.Reaction] = [
            .tensors("", wrong), .tensors("", []), .tensors("", [UInt8](repeating: 0, count: 2048)), .hangUp(),
            .answer(507, #"{"error":"no room left","code":"storage_full"}"#),
        ]
        for answer in answers {
            let server = try LoopbackServer { _, _ in answer }
            let files = try await files { path in
                let error = await clientError {
                    _ = try await withClient(server.address) { try await $0.backup(to: path) }
                }
                #expect(error != nil)
            }
            #expect(files == ["backup.tar": "old"])
        }
    }

    @Test func `what a killed backup left is written over, and two at once refuse each other`() async throws {
        let archive = Self.archive([9])
        let server = try LoopbackServer { _, _ in .tensors("", archive) }
        let files = try await files { path in
            try Data(repeating: 1, count: 100_000).write(to: URL(fileURLWithPath: path + ".partial"))
            _ = try await withClient(server.address) { try await $0.backup(to: path) }
            let first = try PartialFile(path)
            #expect(throws: ClientError.self) { _ = try PartialFile(path) }
            first.abandon()
        }
        #expect(files == ["backup.tar": "\(archive.count) bytes"])
    }
}

struct AuditExportTests {
    private static func head(_ sequence: Int) -> String {
        let hash = String(repeating: "a", count: 64)
        return #"{"at":"2026-01-01T00:00:00Z","generation":\#(sequence),"hash":"\#(hash)","key":"k","#
            + #""sequence":\#(sequence),"signature":"s"}"#
    }

    private static func event(_ sequence: Int) -> String {
        #"{"action":"version.push","at":"2026-01-01T00:00:00.000000Z","detail":"{}","generation":\#(sequence),"#
            + #""hash":"h","previousHash":"p","principal":"local","sequence":\#(sequence),"space":"default","#
            + #""subject":"a:1"}"#
    }

    private func export(_ react: @escaping @Sendable (LoopbackServer.Request, Int) -> LoopbackServer.Reaction)
        async throws -> (lines: [Substring]?, error: ClientError?)
    {
        let path = NSTemporaryDirectory() + "slipway-export-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = try LoopbackServer(react: react)
        let error = await clientError {
            _ = try await withClient(server.address) { try await $0.exportAudit(to: path) }
        }
        #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
        return (text?.split(separator: "\n"), error)
    }

    @Test func `events after the signed head stay out of an export`() async throws {
        let (lines, error) = try await export { request, _ in
            if request.target.hasSuffix("/head") { return .answer(200, Self.head(2)) }
            return .answer(200, #"{"items":[\#(Self.event(1)),\#(Self.event(2)),\#(Self.event(3))]}"#)
        }
        #expect(error == nil)
        #expect(lines?.count == 3)
        #expect(lines?.last == #"{"head":\#(Self.head(2))}"#[...])
    }

    @Test(arguments: ["[]", "[EVENT2]", "[EVENT1]"])
    func `a trail with a gap is no export, and is not asked for for ever`(items: String) async throws {
        let items = items.replacingOccurrences(of: "EVENT1", with: Self.event(1))
            .replacingOccurrences(of: "EVENT2", with: Self.event(2))
        let (lines, error) = try await export { request, _ in
            if request.target.hasSuffix("/head") { return .answer(200, Self.head(2)) }
            return .answer(200, #"{"items":\#(items)}"#)
        }
        #expect(error != nil)
        #expect(lines == nil)
    }
}
