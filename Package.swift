// swift-tools-version:6.2
import PackageDescription

/// `make test` builds once, for the server that it asks and for the tests that look inside: a debug build beside the
/// release build would compile all packages a second time.
let isTestable = Context.environment["SLIPWAY_TESTABLE"] != nil

/// The Makefile leaves out the run-time check that no two accesses to one variable overlap, in the packages too. Builds for
/// tests have it in our own rooms all the same; flags for the compiler proper come last.
let testableFlags = ["-enable-testing", "-Xfrontend", "-enforce-exclusivity=checked"]

/// One folder, one target, one room; dependencies point downwards only (`dev/check-layers` proves it for imports too).
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
    // A warning that nobody must mend is soon a hundred of them.
    + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])
    + (isTestable ? [.unsafeFlags(testableFlags, .when(configuration: .release))] : [])

/// Tests need not be fast, but to be compiled fast.
let testSettings: [SwiftSetting] = settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// Rooms that wait for people, files and other servers are not optimised in a build for tests, which takes long enough. What
/// answers predictions and what computes is compiled as it is shipped.
let unhurried = isTestable ? testSettings : settings

/// The release binary carries Swift's own libraries, so that it runs where no toolchain is. Nobody looks symbols up in it:
/// without a table of those it exports, and laid out by lld, it takes 8 MB less of memory.
let standaloneRelease = BuildSettingCondition.when(platforms: [.linux], configuration: .release)
let standaloneFlags = ["-static-stdlib", "-use-ld=lld", "-Xlinker", "--no-export-dynamic"]
let standalone: [LinkerSetting] =
    [.unsafeFlags(standaloneFlags, standaloneRelease)]
    + [
        "CoreFoundation", "FoundationInternationalization", "FoundationEssentials", "_FoundationICU",
        "_FoundationCShims", "_FoundationCollections", "swiftSynchronization", "BlocksRuntime", "dispatch", "stdc++",
    ].map { LinkerSetting.linkedLibrary($0, standaloneRelease) }

/// What only the server is made of. A program that depends on `SlipwayClient` with `traits: []`, or with `["GRPC"]`, does
/// not even resolve these packages.
func server(_ product: String, package: String) -> Target.Dependency {
    .product(name: product, package: package, condition: .when(traits: ["Server"]))
}

/// What the client speaks gRPC with.
func grpc(_ product: String, package: String) -> Target.Dependency {
    .product(name: product, package: package, condition: .when(traits: ["GRPC"]))
}

let argumentParser = server("ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = server("GRDB", package: "GRDB.swift")
let hummingbird = server("Hummingbird", package: "hummingbird")
let jwtKit = server("JWTKit", package: "jwt-kit")
let httpTypes = server("HTTPTypes", package: "swift-http-types")
let logging = server("Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = server("NIOEmbedded", package: "swift-nio")
let grpcCore = grpc("GRPCCore", package: "grpc-swift-2")
let grpcTransport = grpc("GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let yams = server("Yams", package: "Yams")

func room(
    _ name: String, _ dependencies: [Target.Dependency], _ settings: [SwiftSetting] = settings
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.target(name: name)] + dependencies,
        exclude: exclude,
        swiftSettings: testSettings
    )
}

let package = Package(
    name: "slipway",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "slipway", targets: ["slipway"]),
        .library(name: "SlipwayClient", targets: ["SlipwayClient"]),
    ],
    traits: [
        .trait(name: "Server", description: "The server and the command line."),
        .trait(name: "GRPC", description: "SlipwayClient can predict over gRPC too."),
        .default(enabledTraits: ["Server", "GRPC"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/vapor/jwt-kit", exact: "5.7.1"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    ],
    targets: [
        .executableTarget(
            name: "slipway", dependencies: ["Commands"], swiftSettings: settings, linkerSettings: standalone),
        room(
            "Commands",
            [
                "SlipwayClient", "ManagementAPI", "Declarations", "Documents", "Governance", "GitRuns", "Journal",
                "Server", "Drift", "Statistics", "Tabular", argumentParser,
            ],
            unhurried),
        room(
            "Server",
            [
                "Gateway", "ManagementGateway", "GRPCGateway", "HTTP2", "Store", "ManagementAPI", "Deployments",
                "Governance", "Registry", "Monitors", "Retraining", "GitRuns", "Processes", "Replay", "Quality",
                "Alerts", "Webhooks", "Monitoring", "Drift", "MLflowGateway", "Experiments", "Documents", "Identity",
                "Journal", "Serving", "Runtimes", "Tensors", "InferenceProtocol", "Tabular",
                asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, nioSSL, logging, yams,
            ],
            unhurried),
        room(
            "GRPCGateway",
            [
                "Gateway", "HTTP2", "Deployments", "Governance", "Identity", "Journal", "Serving", "InferenceProtobuf",
                "InferenceProtocol", "Runtimes", "Tensors", nioCore, nioPosix, nioSSL, logging,
            ]),
        room(
            "ManagementGateway",
            [
                "Gateway", "ManagementAPI", "Deployments", "Governance", "Registry", "Monitors", "Retraining",
                "GitRuns", "Replay", "Declarations",
                "Quality",
                "Alerts", "Webhooks", "Monitoring", "Drift", "Documents", "Identity",
                "Statistics", "Journal", "Serving", "InferenceProtocol", "Runtimes", "Tensors", crypto, hummingbird,
                httpTypes, nioCore, nioFoundation,
            ],
            unhurried),
        room(
            "MLflowGateway",
            ["Gateway", "Experiments", "Registry", "Identity", "InferenceProtocol", "Journal", "Serving", nioCore],
            unhurried),
        room("HTTP2", [nioCore]),
        room(
            "Gateway",
            [
                "Governance", "Identity", "Journal", "Serving", "InferenceProtocol", "Tensors", asyncHTTPClient, crypto,
                jwtKit, nioCore, nioHTTP1, nioFoundation, nioPosix, nioSSL, logging,
            ]),
        room(
            "SlipwayClient",
            [
                "ManagementAPI", "InferenceProtobuf", "InferenceProtocol", "Tensors", asyncHTTPClient, crypto, grpcCore,
                grpcTransport, nioCore, nioHTTP1, nioPosix, nioSSL,
            ],
            unhurried),
        room("ManagementAPI", [], unhurried),
        room(
            "Declarations",
            [
                "ManagementAPI", "Deployments", "Governance", "Registry", "Retraining", "Alerts", "Webhooks", "Quality",
                "Drift", "Documents", "Identity", "Journal", "Serving", "Runtimes", "InferenceProtocol", crypto,
            ],
            unhurried),
        room(
            "Store",
            [
                "Deployments", "Governance", "Registry", "Monitors", "Retraining", "GitRuns", "Quality", "Alerts",
                "Webhooks", "Experiments",
                "Monitoring",
                "Documents", "Identity", "Statistics", "Journal", "Serving",
                "Runtimes", "Tensors", grdb, crypto, logging,
            ],
            unhurried),
        // control plane
        room(
            "Replay",
            [
                "Governance", "Registry", "Monitoring", "Journal", "Serving", "Runtimes", "InferenceProtocol",
                "Tensors",
                nioCore,
            ],
            unhurried),
        room(
            "Deployments",
            [
                "Retraining", "GitRuns",
                "Governance", "Registry", "Documents", "Identity", "Statistics", "Journal", "Serving", "Runtimes",
                "Tensors",
                logging,
            ],
            unhurried),
        room(
            "Governance",
            [
                "Identity", "Registry", "Documents", "Statistics", "Journal", "Serving", "InferenceProtocol",
                "Runtimes",
                "Tensors",
            ],
            unhurried),
        room(
            "Monitoring",
            [
                "Statistics", "Journal", "Serving", "InferenceProtocol", "Tensors", "CThreadStripe", crypto, nioCore,
                logging,
            ]),
        room(
            "Quality",
            [
                "Monitoring", "Documents", "Statistics", "Journal", "Serving", "InferenceProtocol", "Tensors", logging,
            ]),
        room(
            "Drift",
            ["Statistics", "Documents", "Journal", "Serving", "Tabular", "Tensors", "CThreadStripe", logging]),
        room("Monitors", ["Documents", "Journal"], unhurried),
        room("Retraining", ["Processes", "Documents", "Journal"], unhurried),
        room("GitRuns", ["Processes", "Documents", "Journal", crypto], unhurried),
        room("Experiments", ["Journal"], unhurried),
        room("Alerts", ["Webhooks", "Documents", "Journal", "Serving", logging], unhurried),
        room(
            "Webhooks",
            [
                "Documents", "Journal", "Serving", "InferenceProtocol", asyncHTTPClient, crypto, logging, nioCore,
                nioHTTP1,
            ],
            unhurried),
        room(
            "Registry",
            [
                "Drift", "Documents", "Journal", "Serving", "Runtimes", "InferenceProtocol", "Tabular", "Tensors",
                crypto,
            ],
            unhurried),
        room("Documents", ["Journal", "InferenceProtocol", yams], unhurried),
        room("Identity", ["Journal", crypto]),
        room("Statistics", []),
        room("Journal", [crypto]),
        // data plane
        room(
            "Serving",
            ["Runtimes", "InferenceProtocol", "Tensors", "CCrashJournal", "CThreadStripe", nioCore, logging]),
        room(
            "Runtimes",
            ["InferenceProtocol", "Tensors", "CONNXRuntime", "CWorkerMemory", "CCrashJournal", nioCore, logging]),
        room("InferenceProtobuf", ["InferenceProtocol", "Tensors", nioCore]),
        room("InferenceProtocol", ["Tensors", nioCore, "Tabular"]),
        room("Processes", []),
        room("Tabular", []),
        room("Tensors", []),
        .target(name: "CONNXRuntime"),
        .target(name: "CCrashJournal"),
        .target(name: "CThreadStripe"),
        .target(name: "CWorkerMemory"),

        tests("Commands", ["SlipwayClient", "ManagementAPI", argumentParser]),
        tests("Server", ["SlipwayClient", "ManagementAPI", "Gateway", "Identity"]),
        tests("GRPCGateway", ["Store", "InferenceProtobuf", nioEmbedded, nioPosix]),
        tests("HTTP2", [nioEmbedded]),
        // Over one socket, as a client sees them.
        tests(
            "Gateway",
            [
                "CAllocationCount", "ManagementGateway", "MLflowGateway", "Experiments", "ManagementAPI", "Store",
                "Monitors", "Replay", "Quality", "Declarations",
                "Monitoring",
                "Drift", "Identity",
                crypto,
                "Retraining", "GitRuns", "Processes", "Documents",
                "Alerts", "Webhooks",
                cryptoExtras, logging, nioEmbedded, nioPosix,
            ]),
        tests("SlipwayClient", ["ManagementAPI", "InferenceProtobuf", nioCore, grpcCore, grpcTransport]),
        tests(
            "Store",
            [
                "Deployments", "Governance", "Registry", "Identity", "Journal", "Serving", "Runtimes", "Tensors", grdb,
                crypto,
            ],
            exclude: ["Fixtures"]),
        tests(
            "Deployments",
            [
                "Store", "Governance", "Registry", "Monitors", "Documents", "Statistics", "Journal", "Serving",
                "Runtimes",
                "Tensors",
                "Retraining", "GitRuns", "Processes",
                crypto,
            ]),
        tests(
            "Governance",
            [
                "Store", "Deployments", "Documents", "Identity", "Registry", "Statistics", "Journal", "Serving",
                "InferenceProtocol",
                "Runtimes", "Tensors", grdb, crypto, logging,
            ],
            exclude: ["Fixtures"]),
        tests(
            "Replay",
            [
                "Governance", "Registry", "Monitoring", "Journal", "Serving", "InferenceProtocol", "Runtimes",
                "Tensors",
                crypto, nioCore, logging,
            ]),
        tests("Statistics", exclude: ["Fixtures"]),
        tests(
            "Monitoring",
            ["Statistics", "Journal", "Serving", "InferenceProtocol", "Runtimes", "Tensors", crypto, nioCore, logging]),
        tests("Alerts", ["Store", "Webhooks", "Documents", "Journal", "Serving", logging]),
        tests(
            "Webhooks", ["Store", "Governance", "Documents", "Journal", crypto, logging, nioCore, nioHTTP1, nioPosix]),
        tests(
            "Quality",
            [
                "Store", "Monitoring", "Documents", "Statistics", "Journal", "Serving", "Runtimes", "Tensors", logging,
            ]),
        tests(
            "Drift",
            [
                "Statistics", "Documents", "Journal", "Serving", "Runtimes", "Tabular", "Tensors", "CAllocationCount",
                logging,
            ]),
        tests("Processes"),
        tests("Experiments", ["Store", "Journal"]),
        tests("MLflowGateway", ["Gateway", "Experiments", "Journal", nioCore]),
        tests("Declarations", ["ManagementAPI", "Documents", "Journal", "Governance", "Serving"]),
        tests("Retraining", ["Store", "Documents", "Journal", "Serving", "Tensors", "Runtimes", "Registry"]),
        tests("GitRuns", ["Store", "Documents", "Journal", "Processes"]),
        tests("Registry", ["Store", "Journal", "Serving", "Runtimes", "Tabular", "Tensors", crypto]),
        tests("Identity", ["Store", "Journal"]),
        tests("Journal"),
        tests("Serving", ["Statistics", "CAllocationCount", nioCore, nioEmbedded, nioPosix]),
        // Counts what a thread allocates, for tests that say it is nothing.
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        tests("Runtimes", [logging]),
        // Both protocols refuse in the same words.
        tests("InferenceProtocol", ["InferenceProtobuf", nioCore]),
        tests("Tabular"),
        tests("Tensors"),
    ]
)
