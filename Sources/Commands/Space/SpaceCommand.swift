import ArgumentParser
import ManagementAPI

struct SpaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "space", abstract: "Make, list, show and remove spaces, and set what they demand.",
        subcommands: [
            SpaceCreate.self, SpaceList.self, SpaceShow.self, SpaceDelete.self, SpaceSetPolicy.self, SpaceHistory.self,
        ])
}

enum SpaceText {
    /// `worker isolation, 2 gates, 1 approval`; `nothing` where everybody may do what they like.
    static func demand(_ policy: SpacePolicy) -> String {
        var parts: [String] = []
        if let sources = policy.promotesFrom { parts.append("versions from \(sources.joined(separator: ", "))") }
        if let gates = policy.gates { parts.append("\(gates.count) gate\(gates.count == 1 ? "" : "s")") }
        if let approvals = policy.approvals {
            parts.append("\(approvals.count) approval\(approvals.count == 1 ? "" : "s")")
        }
        if let approvals = policy.rolloutApprovals, approvals.count > 0 {
            parts.append("\(approvals.count) approval\(approvals.count == 1 ? "" : "s") of a rollout")
        }
        if policy.frozen == true { parts.append("that nothing changes (frozen)") }
        if policy.isolation != .any { parts.append("\(policy.isolation.rawValue) isolation") }
        return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
    }
}
