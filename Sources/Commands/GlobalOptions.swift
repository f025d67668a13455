import ArgumentParser
import SlipwayClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case table, json
}

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's address (SLIPWAY_SERVER, else \(Self.defaultServer)).", valueName: "url"))
    var server: String?

    @Option(help: "The token to show the server (SLIPWAY_TOKEN).")
    var token: String?

    @Option(help: "The space to work in (SLIPWAY_SPACE, else default).")
    var space: String?

    @Option(
        name: .customLong("ca-cert"),
        help: ArgumentHelp("Trust servers whose certificate this PEM file vouches for.", valueName: "file"))
    var caCertificate: String?

    @Option(help: "How to print: a table for people, or JSON for programs.")
    var output: OutputFormat = .table

    static let defaultServer = "http://127.0.0.1:8080"
    static let defaultGRPCServer = "http://127.0.0.1:8081"

    /// The space that was asked for, by flag or variable; `nil` when none was.
    var namedSpace: String? {
        space ?? ProcessInfo.processInfo.environment["SLIPWAY_SPACE"].flatMap { $0.isEmpty ? nil : $0 }
    }

    func settings(
        grpcServer: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Settings {
        Settings(
            server: server, grpcServer: grpcServer, token: token, space: space, caCertificate: caCertificate,
            environment: environment)
    }
}

/// Flags and environment put together; flags win.
struct Settings: Sendable, Hashable {
    var server: String
    var grpcServer: String
    var token: String?
    var space: String
    var caCertificate: String?

    /// What is absent is taken from the environment, else from the defaults; an empty variable is an absent one.
    init(
        server: String?, grpcServer: String? = nil, token: String?, space: String?, caCertificate: String?,
        environment: [String: String]
    ) {
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        self.server = server ?? variable("SLIPWAY_SERVER") ?? GlobalOptions.defaultServer
        self.grpcServer = grpcServer ?? variable("SLIPWAY_GRPC_SERVER") ?? GlobalOptions.defaultGRPCServer
        self.token = token ?? variable("SLIPWAY_TOKEN")
        self.space = space ?? variable("SLIPWAY_SPACE") ?? "default"
        self.caCertificate = caCertificate
    }

    /// The flags that a suggested command needs to reach the same server and space.
    var flags: String {
        var flags = ""
        if server != GlobalOptions.defaultServer { flags += " --server \(server)" }
        if space != "default" { flags += " --space \(space)" }
        return flags
    }
}
