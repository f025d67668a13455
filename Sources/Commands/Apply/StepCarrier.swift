import Declarations
import Documents
import Foundation
import ManagementAPI
import SlipwayClient

/// Asks the server for one step after the other. What a step needs of earlier ones is remembered.
struct StepCarrier {
    let client: SlipwayClient
    let console: Console
    /// Versions that were pushed, by model and space.
    private var pushed: [String: Int] = [:]

    init(client: SlipwayClient, console: Console) {
        self.client = client
        self.console = console
    }

    mutating func carry(_ step: PlanStep) async throws {
        let client = client.inSpace(step.space)
        switch step.work {
        case .createSpace: try await client.createSpace(step.name)
        case .setPolicy(let document, let revision):
            let policy = try JSONDecoder().decode(SpacePolicy.self, from: Data(document.json.utf8))
            try await client.setPolicy(policy, of: step.space, ifRevision: revision)
        case .setMember(let role, let before):
            try await client.setMember(step.name, role: role, ifNow: before.map { .role($0) } ?? .nobody)
        case .removeMember(let before): try await client.removeMember(step.name, ifNow: .role(before))
        case .pushDataSet(let declared): try await push(declared, client)
        case .pushModel(let declared): try await push(declared, client)
        case .deploy(let declared, let version, let options, let revision):
            try await client.deploy(
                model: declared.model, version: try number(version, declared), endpoint: declared.endpoint,
                options: Self.asked(options), reason: declared.reason, watchSeconds: declared.watchSeconds,
                ifRevision: revision)
        case .startRollout(let declared, let version, let revision):
            guard case .mapping(var members)? = declared.rollout else { return }
            members["to"] = .text("\(declared.model):\(try number(version, declared))")
            _ = try await client.startRollout(
                of: declared.endpoint, yaml: DocumentValue.mapping(members).yaml().joined(separator: "\n"),
                ifRevision: revision)
        case .deleteDeployment(let revision): try await client.deleteDeployment(step.name, ifRevision: revision)
        case .setMonitor(let document, let revision): try await setMonitor(document, revision, step, client)
        }
    }

    /// What stays in memory has no time after which it leaves it, and the server refuses one.
    private static func asked(_ options: DeploymentOptions) -> DeploymentOptions {
        var options = options
        if options.minInstances != 0 { options.idleSeconds = nil }
        return options
    }

    private func number(_ version: PlannedVersion, _ declared: DeploymentDeclaration) throws -> Int {
        switch version {
        case .number(let number): return number
        case .pushed:
            guard let number = pushed["\(declared.space)/\(declared.model)"] else {
                throw Failure("no step has pushed a version of \(declared.model)")
            }
            return number
        }
    }

    private func push(_ declared: DataSetDeclaration, _ client: SlipwayClient) async throws {
        guard let file = declared.file else { return }
        try file.requireInside()
        _ = try await client.pushDataSet(
            file.location, as: declared.name, format: declared.format, schema: declared.schema)
    }

    private mutating func push(_ declared: ModelDeclaration, _ client: SlipwayClient) async throws {
        let result = try await ModelFiles(declared).with { path, golden, profile in
            try await client.push(
                path, as: declared.name, golden: golden, reference: profile,
                metrics: declared.metrics.isEmpty ? nil : declared.metrics,
                tags: declared.tags.isEmpty ? nil : declared.tags, gitCommit: declared.gitCommit,
                dataset: declared.dataSet)
        }
        pushed["\(declared.space)/\(declared.name)"] = result.version.version
    }

    /// A monitor outlives its endpoint: where the plan did not know one, what is there is looked at now.
    private func setMonitor(
        _ document: DocumentValue, _ revision: Int?, _ step: PlanStep, _ client: SlipwayClient
    ) async throws {
        var expected = revision
        if expected == nil { expected = try await client.monitor(of: step.name).revision }
        try await client.setMonitor(
            yaml: document.yaml().joined(separator: "\n"), of: step.name, ifRevision: expected)
    }
}
