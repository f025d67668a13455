import ArgumentParser
import ManagementAPI

struct DeploymentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deployment", abstract: "List, show and delete what serves, and see its history.",
        subcommands: [DeploymentList.self, DeploymentShow.self, DeploymentHistory.self, DeploymentDelete.self])
}

enum DeploymentText {
    /// With a column for options only where some are not the default.
    static func table(_ deployments: [DeploymentInfo]) -> Table {
        let options = deployments.map { OptionsText.short($0.options, isolation: $0.isolation) }
        let hasOptions = options.contains { !$0.isEmpty }
        let hasRollouts = deployments.contains { $0.rollout != nil }
        var columns: [Table.Column] = [
            .init(title: "ENDPOINT", mayShrink: true), .init(title: "MODEL", mayShrink: true),
            .init(title: "STATE"), .init(title: "REQUESTS", isNumber: true), .init(title: "ERRORS", isNumber: true),
            .init(title: "P50 MS", isNumber: true), .init(title: "P99 MS", isNumber: true), .init(title: "SINCE"),
        ]
        if hasRollouts { columns.append(.init(title: "ROLLOUT", mayShrink: true)) }
        if hasOptions { columns.append(.init(title: "OPTIONS", mayShrink: true)) }
        let rows = zip(deployments, options).map { deployment, options -> [String] in
            var cells = [
                deployment.endpoint, "\(deployment.model):\(deployment.version)", deployment.state.rawValue,
                String(deployment.requests), String(deployment.errors),
                deployment.p50Milliseconds.map(NumberText.milliseconds) ?? "-",
                deployment.p99Milliseconds.map(NumberText.milliseconds) ?? "-", Age.text(deployment.updatedAt),
            ]
            if hasRollouts { cells.append(rollout(deployment)) }
            if hasOptions { cells.append(options) }
            return cells
        }
        return Table(columns: columns, rows: rows)
    }

    /// `canary 3: 99% churn:1, 1% churn:2`; empty where none is open.
    static func rollout(_ deployment: DeploymentInfo) -> String {
        guard let rollout = deployment.rollout else { return "" }
        let what = "\(rollout.strategy) \(rollout.rollout)"
        switch rollout.state {
        case .running:
            return "\(what): " + RolloutText.shares(rollout.variants, of: deployment.model)
        case .paused:
            return "\(what), paused: " + RolloutText.shares(rollout.variants, of: deployment.model)
        default: return "\(what), \(RolloutText.state(rollout.state))"
        }
    }

    /// Endpoints that do not answer, or not all the time, each with the first line of its reason; `deployment show` has all of it.
    static func troubles(_ deployments: [DeploymentInfo]) -> [String] {
        deployments.filter { [.failed, .restarting, .suspended].contains($0.state) }.map { deployment in
            let lines = deployment.message.split(separator: "\n")
            let more = lines.count > 1 ? " ... (slipway deployment show \(deployment.endpoint))" : ""
            return
                "\(deployment.state.rawValue): \(deployment.endpoint) (\(deployment.model):\(deployment.version)): \(lines.first ?? "")\(more)"
        }
    }

}
