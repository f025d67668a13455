// swift-tools-version:6.2
import PackageDescription

/// Simulated rollouts and simulated drift, thousands of them, at the speed of a release build. The rooms are the server's
/// own, by symbolic link: only what the analysis is made of, so that it builds in a minute.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "simulations",
    platforms: [.macOS(.v15)],
    targets: [
        .target(name: "CThreadStripe"),
        room("Journal", []),
        room("Statistics", []),
        room("Drift", ["Statistics"]),
        room("Serving", ["CThreadStripe"]),
        room("Deployments", ["Statistics", "Serving", "Journal"]),
        .executableTarget(
            name: "simulate-drift", dependencies: ["Drift", "Statistics"], swiftSettings: settings),
        .executableTarget(
            name: "simulate", dependencies: ["Deployments", "Statistics", "Serving"], swiftSettings: settings),
    ]
)
