import ArgumentParser
import ManagementAPI

struct SpaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "space", abstract: "List and show spaces, and set what they demand of their deployments.",
        subcommands: [SpaceList.self, SpaceShow.self, SpaceSetPolicy.self])
}

enum SpaceText {
    /// `worker isolation`; `nothing` where each deployment may choose.
    static func demand(_ policy: SpacePolicy) -> String {
        policy.isolation == .any ? "nothing" : "\(policy.isolation.rawValue) isolation"
    }
}
