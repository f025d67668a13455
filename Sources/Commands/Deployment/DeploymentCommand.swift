import ArgumentParser
import ManagementAPI

struct DeploymentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deployment", abstract: "List, show and delete what serves, and see its history.",
        subcommands: [DeploymentList.self, DeploymentShow.self, DeploymentHistory.self, DeploymentDelete.self])
}

enum DeploymentText {
    static func table(_ deployments: [DeploymentInfo]) -> Table {
        Table(
            columns: [
                .init(title: "ENDPOINT", mayShrink: true), .init(title: "MODEL", mayShrink: true),
                .init(title: "STATE"), .init(title: "REQUESTS", isNumber: true), .init(title: "ERRORS", isNumber: true),
                .init(title: "P50 MS", isNumber: true), .init(title: "P99 MS", isNumber: true),
                .init(title: "SINCE"),
            ],
            rows: deployments.map { deployment in
                [
                    deployment.endpoint, "\(deployment.model):\(deployment.version)", deployment.state.rawValue,
                    String(deployment.requests), String(deployment.errors),
                    deployment.p50Milliseconds.map(NumberText.milliseconds) ?? "-",
                    deployment.p99Milliseconds.map(NumberText.milliseconds) ?? "-", Age.text(deployment.updatedAt),
                ]
            })
    }

    /// Endpoints that do not answer, each with the first line of its reason; `deployment show` has all of it.
    static func troubles(_ deployments: [DeploymentInfo]) -> [String] {
        deployments.filter { $0.state == .failed }.map { deployment in
            let lines = deployment.message.split(separator: "\n")
            let more = lines.count > 1 ? " ... (slipway deployment show \(deployment.endpoint))" : ""
            return "\(deployment.endpoint) (\(deployment.model):\(deployment.version)): \(lines.first ?? "")\(more)"
        }
    }

    /// `2 threads, deadline 500 ms`; `defaults` when nothing is set.
    static func options(_ options: DeploymentOptions) -> String {
        var parts: [String] = []
        if let threads = options.intraOpThreads { parts.append("\(threads) thread\(threads == 1 ? "" : "s")") }
        if let deadline = options.deadlineMilliseconds { parts.append("deadline \(deadline) ms") }
        if let body = options.maxBodyBytes { parts.append("bodies up to \(NumberText.bytes(body))") }
        return parts.isEmpty ? "defaults" : parts.joined(separator: ", ")
    }
}
