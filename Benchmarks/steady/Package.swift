// swift-tools-version:6.2
import PackageDescription

/// A load at a steady rate that no closed loop makes and that comes in no bursts. Depends on nothing, so that it is built
/// in seconds and takes little of the machine that it measures.
let package = Package(
    name: "steady",
    platforms: [.macOS(.v15)],
    targets: [
        .systemLibrary(name: "CLinux"),
        .executableTarget(
            name: "steady",
            dependencies: ["CLinux"],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]
        ),
    ]
)
