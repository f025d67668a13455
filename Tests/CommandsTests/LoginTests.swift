import ArgumentParser
import Foundation
import ManagementAPI
import Testing

@testable import Commands

@Suite struct LoginTests {
    private let folder = NSTemporaryDirectory() + "slipway-login-\(UUID().uuidString)"

    private func file() throws -> CredentialFile {
        try #require(CredentialFile(environment: ["XDG_CONFIG_HOME": folder, "HOME": "/nowhere"]))
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }

    @Test func `keys are remembered by server, for their owner alone`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try file()
        #expect(try file.token(for: "http://127.0.0.1:8080") == nil)
        try file.store("one", for: "http://127.0.0.1:8080")
        try file.store("two", for: "https://Models.example.com/")
        #expect(try file.token(for: "http://127.0.0.1:8080/") == "one")
        #expect(try file.token(for: "https://models.example.com") == "two")
        #expect(try file.token(for: "http://models.example.com") == nil)
        #expect(try file.token(for: "https://models.example.com:8443") == nil)
        #expect(try mode(file.path) == 0o600)
        #expect(try mode(folder + "/slipway") == 0o700)
        try file.store(nil, for: "http://127.0.0.1:8080")
        #expect(try file.token(for: "http://127.0.0.1:8080") == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/slipway") == ["credentials.json"])
    }

    @Test(arguments: [0o644, 0o640, 0o602, 0o666]) func `a file that others may read is not used`(mode: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try file()
        try file.store("one", for: "http://a")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        #expect(throws: Failure.self) { try file.token(for: "http://a") }
    }

    @Test func `what is no such file is refused and not overwritten`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = try file()
        try file.store("one", for: "http://a")
        try Data("nonsense".utf8).write(to: URL(filePath: file.path))
        #expect(throws: Failure.self) { try file.store("two", for: "http://a") }
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == "nonsense")
    }

    @Test func `without a home there is no file`() {
        #expect(CredentialFile(environment: [:]) == nil)
        #expect(CredentialFile(environment: ["HOME": "relative"]) == nil)
        #expect(CredentialFile(environment: ["HOME": "/h"])?.path == "/h/.config/slipway/credentials.json")
    }

    @Test(arguments: [("90d", 7_776_000), ("12h", 43_200), ("30m", 1800), ("45s", 45), ("0s", 0)])
    func `times are numbers with a unit`(text: String, seconds: Int) throws {
        #expect(try Lifetime.seconds(text) == seconds)
    }

    @Test(arguments: ["", "d", "90", "90w", "-1d", "1.5h", "99999999999999999999d", "9223372036854775807d", "1 d"])
    func `what is no time is refused`(text: String) {
        #expect(throws: ValidationError.self) { try Lifetime.seconds(text) }
    }

    @Test func `roles are the members' and admin`() throws {
        #expect(try MemberRole("admin") == .admin)
        #expect(try MemberRole("operator") == .inSpace(.operator))
        for word in ["reporter", "Owner", "", "root"] { #expect(throws: ValidationError.self) { try MemberRole(word) } }
    }
}
