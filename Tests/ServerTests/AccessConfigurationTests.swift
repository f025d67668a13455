import Foundation
import Gateway
import Identity
import Testing

@testable import Server

@Suite struct AccessConfigurationTests {
    private func read(_ text: String) throws -> ServerConfiguration {
        let path = NSTemporaryDirectory() + "slipway-access-\(UUID().uuidString).yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var configuration = ServerConfiguration()
        try configuration.read(file: path)
        try configuration.validate()
        return configuration
    }

    private static let provider = "oidc_issuer: https://id.example.com\noidc_audience: slipway\n"

    @Test func `groups have what the file gives them`() throws {
        let configuration = try read(
            Self.provider + """
                oidc_groups:
                  platform: admin
                  ml-ops:
                    prod: operator
                    "*": viewer
                """)
        let provider = try #require(configuration.provider)
        #expect(provider.groups["platform"] == .init(isAdmin: true))
        #expect(provider.groups["ml-ops"] == .init(spaces: ["prod": .operator], everywhere: .viewer))
        // It survives the way to the server's own process.
        let again = try JSONDecoder().decode(ServerConfiguration.self, from: try JSONEncoder().encode(configuration))
        #expect(again.provider == provider)
    }

    @Test(arguments: [
        ("oidc_groups: 7", "oidc_groups"), ("oidc_groups:\n  a: root", "root"), ("oidc_groups:\n  a: [viewer]", "'a'"),
        ("oidc_groups:\n  a:\n    prod: boss", "boss"), ("oidc_groups:\n  a:\n    prod: reporter", "reporter"),
        ("oidc_groups:\n  a:\n    ../x: viewer", "../x"), ("oidc_groups:\n  a:\n    prod: [viewer]", "unknown role"),
        ("oidc_groups:\n  \"\": admin", "without a name"), ("auth: no", "no-auth"), ("auth: maybe", "auth must be"),
        ("auth_failures_per_minute: -1", "auth_failures_per_minute"),
    ])
    func `what makes no sense is refused and named`(text: String, word: String) {
        do {
            _ = try read(Self.provider + text)
            Issue.record("not refused")
        } catch {
            #expect("\(error)".contains(word), "\(error)")
        }
    }

    @Test(arguments: [
        ("oidc_issuer: https://id.example.com", "oidc_audience"), ("oidc_audience: slipway", "oidc_issuer"),
        ("oidc_issuer: http://id.example.com\noidc_audience: slipway", "https"),
        ("oidc_groups:\n  a: admin", "oidc_issuer"), ("new_owner_key: true\nauth: false", "new-owner-key"),
    ])
    func `what belongs together comes together`(text: String, word: String) {
        do {
            _ = try read(text)
            Issue.record("not refused")
        } catch {
            #expect("\(error)".contains(word), "\(error)")
        }
    }

    @Test func `beyond this machine keys need TLS, or something that ends it`() throws {
        var configuration = ServerConfiguration()
        configuration.host = "0.0.0.0"
        configuration.auth = true
        #expect(throws: ConfigurationError.self) { try configuration.validate() }
        configuration.insecure = true
        try configuration.validate()
        configuration.insecure = false
        configuration.tlsCertificate = "cert.pem"
        configuration.tlsKey = "key.pem"
        try configuration.validate()
        configuration.auth = nil
        #expect(throws: ConfigurationError.self) { try configuration.validate() }
    }
}
