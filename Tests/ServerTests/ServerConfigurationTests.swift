import Foundation
import Server
import Testing

@Suite struct ServerConfigurationTests {
    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID()).yaml").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func `the defaults are valid, on loopback only`() throws {
        let configuration = ServerConfiguration()
        try configuration.validate()
        #expect(configuration.isLoopback)
        #expect(configuration.port == 8080)
        #expect(configuration.grpcPort == 8081)
    }

    @Test(arguments: ["127.0.0.1", "127.255.0.3", "::1", "[::1]", "localhost"])
    func `an address of this machine alone needs no flag`(host: String) throws {
        var configuration = ServerConfiguration()
        configuration.host = host
        #expect(configuration.isLoopback)
        try configuration.validate()
    }

    @Test(arguments: [
        "0.0.0.0", "::", "127.0.0.1.example.com", "127.example.com", "localhost.example.com", "128.0.0.1",
    ])
    func `a name that only looks like this machine is refused`(host: String) {
        var configuration = ServerConfiguration()
        configuration.host = host
        #expect(!configuration.isLoopback)
        #expect(throws: ConfigurationError.self) { try configuration.validate() }
    }

    @Test func `a file sets what it names and leaves the rest`() throws {
        let path = try file("port: 9000\ndata_dir: /srv/models\nsupervisor: no\nqueue_limit: 7\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        var configuration = ServerConfiguration()
        try configuration.read(file: path)
        #expect(configuration.port == 9000)
        #expect(configuration.dataDir == "/srv/models")
        #expect(!configuration.supervisor)
        #expect(configuration.queueLimit == 7)
        #expect(configuration.host == "127.0.0.1")
    }

    @Test func `the environment wins over the file`() throws {
        let path = try file("port: 9000\nhost: 127.0.0.2\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        var configuration = ServerConfiguration()
        try configuration.read(file: path)
        try configuration.read(environment: ["SLIPWAY_PORT": "9001", "SLIPWAY_UNRELATED": "x", "SLIPWAY_HOST": ""])
        #expect(configuration.port == 9001)
        #expect(configuration.host == "127.0.0.2")
    }

    @Test func `commands are started only where a setting says so`() throws {
        let path = try file("allow_commands: yes\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        var configuration = ServerConfiguration()
        #expect(!configuration.allowCommands)
        try configuration.read(file: path)
        #expect(configuration.allowCommands)
        try configuration.read(environment: ["SLIPWAY_ALLOW_COMMANDS": "off"])
        #expect(!configuration.allowCommands)
    }

    @Test func `an unknown key is refused with its line and the names there are`() throws {
        let path = try file("port: 9000\nprot: 1\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = message {
            var configuration = ServerConfiguration()
            try configuration.read(file: path)
        }
        #expect(text.contains(":2: no setting is called 'prot'"))
        #expect(text.contains("idle_timeout_seconds"))
    }

    @Test(arguments: ["port: many", "supervisor: perhaps", "port: [1, 2]", "- 1", "port: 9223372036854775808"])
    func `a value of the wrong kind is refused`(line: String) throws {
        let path = try file(line + "\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: ConfigurationError.self) {
            var configuration = ServerConfiguration()
            try configuration.read(file: path)
        }
    }

    @Test(arguments: ["0.0.0.0", "192.0.2.1", "::", "example.org"])
    func `an address beyond this machine is refused unless it is wanted`(host: String) throws {
        var configuration = ServerConfiguration()
        configuration.host = host
        #expect(message { try configuration.validate() }.contains("--insecure"))
        configuration.insecure = true
        try configuration.validate()
    }

    @Test func `half of what TLS needs is refused`() {
        var configuration = ServerConfiguration()
        configuration.tlsCertificate = "cert.pem"
        #expect(message { try configuration.validate() }.contains("--tls-key"))
    }

    @Test(arguments: [-1, 65_536]) func `a port that cannot be is refused`(port: Int) {
        var configuration = ServerConfiguration()
        configuration.port = port
        #expect(message { try configuration.validate() } == "port must be from 0 to 65535, got \(port)")
    }

    @Test func `one port cannot be both`() throws {
        var configuration = ServerConfiguration()
        configuration.grpcPort = configuration.port
        #expect(message { try configuration.validate() }.contains("--grpc-port"))
        configuration.port = 0
        configuration.grpcPort = 0
        try configuration.validate()
    }

    @Test(arguments: [("port", "--port"), ("grpc_port", "--grpc-port")])
    func `a taken port says so and what to do`(setting: String, flag: String) throws {
        let first = try ListeningSocket.bind(host: "127.0.0.1", port: 0)
        defer { close(first.descriptor) }
        #expect(first.port > 0)
        let text = message { _ = try ListeningSocket.bind(host: "127.0.0.1", port: first.port, setting: setting) }
        #expect(text.contains("the port is in use") && text.hasSuffix(" \(flag)"))
    }

    @Test func `a configuration survives the way to the server child`() throws {
        var configuration = ServerConfiguration()
        configuration.port = 1234
        configuration.onnxruntime = "/somewhere/libonnxruntime.so"
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(ServerConfiguration.self, from: data) == configuration)
    }
}

@Suite struct ConfigurationReferenceTests {
    /// `docs/reference/configuration.md`, beside the sources.
    private func page() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/reference/configuration.md"), encoding: .utf8)
    }

    @Test(arguments: ServerConfiguration.settingNames) func `every setting is described`(name: String) throws {
        #expect(try page().contains("`\(name)`"))
    }

    @Test func `every setting that is described exists`() throws {
        let names = Set(ServerConfiguration.settingNames)
        let rows = try page().split(separator: "\n").filter { $0.hasPrefix("| `") && !$0.hasPrefix("| `SIG") }
        for row in rows {
            guard let cell = row.split(separator: "|").first else { continue }
            for name in cell.split(separator: "`").filter({ $0.contains { $0.isLetter } }) {
                #expect(names.contains(String(name)), "\(name) is described and does not exist")
            }
        }
        #expect(rows.count > 10)
    }
}
