// swift-tools-version:6.2
import PackageDescription

/// A program of its own that asks a Slipway server for predictions. `traits` says how much of Slipway comes along: `[]`
/// for HTTP alone, `["GRPC"]` for both protocols; the server's own dependencies are not even resolved.
let package = Package(
    name: "swift-client",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "slipway", path: "../..", traits: [])],
    targets: [
        .executableTarget(name: "predict", dependencies: [.product(name: "SlipwayClient", package: "slipway")])
    ]
)
