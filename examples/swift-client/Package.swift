// swift-tools-version:6.2
import PackageDescription

/// A program of its own that asks a Slipway server for predictions. Traits say how much of Slipway comes along: `GRPC`,
/// which is on unless `--disable-default-traits` says otherwise, and nothing for HTTP alone. The server's own dependencies
/// are not even resolved.
let package = Package(
    name: "swift-client",
    platforms: [.macOS(.v15)],
    traits: [
        .trait(name: "GRPC", description: "Asks over gRPC too."),
        .default(enabledTraits: ["GRPC"]),
    ],
    dependencies: [
        .package(name: "slipway", path: "../..", traits: [.trait(name: "GRPC", condition: .when(traits: ["GRPC"]))])
    ],
    targets: [
        .executableTarget(name: "predict", dependencies: [.product(name: "SlipwayClient", package: "slipway")])
    ]
)
