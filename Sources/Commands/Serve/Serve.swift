import ArgumentParser
import Foundation
import Server

/// The one command that is not a client of the server, but the server.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the server.",
        discussion: """
            Everything is kept in the data folder, which is made when it is not there. Settings come from flags, else \
            from SLIPWAY_* variables, else from the file given by --config (`name: value` lines), else from defaults.
            """)

    @Option(help: ArgumentHelp("The data folder (default: slipway-data).", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("The address to listen at (default: 127.0.0.1).", valueName: "address"))
    var host: String?

    @Option(help: "The HTTP port (default: 8080; 0 takes a free one).")
    var port: Int?

    @Option(help: "The gRPC port (default: 8081; 0 takes a free one).")
    var grpcPort: Int?

    @Option(help: ArgumentHelp("A YAML file with settings.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The certificate chain for TLS, as PEM; read again on SIGHUP.", valueName: "file"))
    var tlsCert: String?

    @Option(help: ArgumentHelp("The certificate's key, as PEM.", valueName: "file"))
    var tlsKey: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Ask callers who they are (default: as the data folder was last served, at first not).")
    var auth: Bool?

    @Flag(help: "Make another key for the server's owner and print it: for who has lost theirs.")
    var newOwnerKey = false

    @Flag(help: "Listen beyond this machine although callers are not asked who they are, or without TLS.")
    var insecure = false

    @Flag(help: "Let monitors and runs from Git start commands on this machine.")
    var allowCommands = false

    @Flag(help: "Serve in this process alone: for systems that restart it themselves, such as containers.")
    var noSupervisor = false

    @Option(
        help: ArgumentHelp(
            "Bytes that all loaded models may take; the least recently used leave (default: no bound).",
            valueName: "bytes"))
    var memoryBudgetBytes: Int?

    @Option(help: ArgumentHelp("ONNX Runtime's shared library, where it is not found by itself.", valueName: "file"))
    var onnxruntime: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(
        help: ArgumentHelp("How lines of the log are written: text, or json for programs.", valueName: "text|json"))
    var logFormat: String?

    func run() throws {
        let code: Int32
        do {
            var supervisor = try Supervisor(configuration: settings())
            code = supervisor.run()
        } catch {
            FileHandle.standardError.write(Data("slipway: \(error)\n".utf8))
            code = 78
        }
        throw ExitCode(code)
    }

    private func settings() throws(ConfigurationError) -> ServerConfiguration {
        var settings = ServerConfiguration()
        if let config { try settings.read(file: config) }
        try settings.read(environment: ProcessInfo.processInfo.environment)
        if let dataDir { settings.dataDir = dataDir }
        if let host { settings.host = host }
        if let port { settings.port = port }
        if let grpcPort { settings.grpcPort = grpcPort }
        if let tlsCert { settings.tlsCertificate = tlsCert }
        if let tlsKey { settings.tlsKey = tlsKey }
        if let auth { settings.auth = auth }
        if newOwnerKey {
            settings.newOwnerKey = true
            if settings.auth == nil { settings.auth = true }
        }
        if insecure { settings.insecure = true }
        if allowCommands { settings.allowCommands = true }
        if noSupervisor { settings.supervisor = false }
        if let memoryBudgetBytes { settings.memoryBudgetBytes = memoryBudgetBytes }
        if let onnxruntime { settings.onnxruntime = onnxruntime }
        if let logLevel { settings.logLevel = logLevel }
        if let logFormat { settings.logFormat = logFormat }
        return settings
    }
}
