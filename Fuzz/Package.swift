// swift-tools-version:6.2
import PackageDescription

/// A libFuzzer program for each parser of outside bytes. The rooms are the server's own, by symbolic link: one package,
/// so that what they show each other can be called here. Overflows and indices out of range trap, as in the server.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library", "-Onone"]),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// A program without a `main` of its own: libFuzzer brings it.
func fuzz(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, swiftSettings: settings,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])])
}

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(url: "https://github.com/apple/swift-nio", exact: "2.101.2")],
    targets: [
        room("Tensors", []),
        room("Tabular", []),
        room("InferenceProtocol", ["Tabular", "Tensors", nioCore]),
        room("InferenceProtobuf", ["InferenceProtocol", "Tensors", nioCore]),
        room("HTTP2", [nioCore]),
        room("Journal", []),
        room("Identity", []),
        room("Gateway", ["Identity", "Journal", nioCore]),
        room("Serving", []),
        room("Models", ["InferenceProtocol", "Tensors", nioCore]),
        fuzz("fuzz-oip-json", ["Models", "InferenceProtocol", "Tensors", nioCore]),
        fuzz("fuzz-oip-binary", ["Models", "InferenceProtocol", "Tensors", nioCore]),
        fuzz("fuzz-tfserving", ["Models", "InferenceProtocol", "Tensors", nioCore]),
        fuzz("fuzz-invocations", ["Models", "InferenceProtocol", "Tensors", nioCore]),
        fuzz("fuzz-grpc", ["Models", "InferenceProtobuf", "InferenceProtocol", "Tensors", nioCore]),
        fuzz("fuzz-grpc-head", ["HTTP2", "Gateway", "Identity", "Journal", "Serving", nioCore]),
        fuzz("fuzz-http2", ["HTTP2", nioCore]),
        fuzz("fuzz-request-head", ["Identity", "Journal", nioCore]),
        fuzz("fuzz-chunked", ["Identity", "Journal", nioCore]),
        fuzz("fuzz-packed", ["Identity", "Journal", nioCore]),
    ]
)
