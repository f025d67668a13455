import ArgumentParser
import ManagementAPI
import SlipwayClient

struct DeploymentShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one endpoint.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let client = session.client
            let deployment = try await session.naming(.endpoint, endpoint) { try await client.deployment(endpoint) }
            if session.format == .json { return try session.printJSON(deployment) }
            let version = try? await client.version(deployment.version, of: deployment.model)
            let console = session.console
            console.print(console.emphasis.strong(deployment.endpoint) + "  \(deployment.state.rawValue)")
            for line in Self.facts(deployment, version, client.server).lines(
                width: console.width, emphasis: console.emphasis)
            {
                console.print(line)
            }
        }
    }

    static func facts(_ deployment: DeploymentInfo, _ version: VersionInfo?, _ server: String) -> Facts {
        var facts = Facts()
        facts.add(
            deployment.state == .idle ? "note" : "problem", deployment.message.split(separator: "\n").map(String.init))
        facts.add("model", "\(deployment.model):\(deployment.version)")
        facts.add("inputs", SignatureText.lines(version?.inputs ?? []))
        facts.add("outputs", SignatureText.lines(version?.outputs ?? []))
        let prefix = deployment.space == "default" ? "" : "/spaces/\(deployment.space)"
        facts.add("address", "\(server)\(prefix)/v2/models/\(deployment.endpoint)/infer")
        facts.add("options", OptionsText.full(deployment.options))
        facts.add("isolation", isolation(deployment))
        facts.add(
            "revision",
            "\(deployment.revision), \(Age.moment(deployment.updatedAt)) by \(deployment.updatedBy)"
                + " (\(Age.text(deployment.updatedAt)))")
        facts.add("rollout", deployment.rollout == nil ? nil : DeploymentText.rollout(deployment))
        facts.add("requests", "\(deployment.requests), of them \(deployment.errors) failed, since the server started")
        facts.add("waiting", deployment.queued == 0 ? nil : String(deployment.queued))
        if let p50 = deployment.p50Milliseconds, let p99 = deployment.p99Milliseconds {
            facts.add(
                "latency", "\(NumberText.milliseconds(p50)) ms median, \(NumberText.milliseconds(p99)) ms at 99%")
        }
        return facts
    }
    /// `nil` where nobody asked for anything and the default holds.
    private static func isolation(_ deployment: DeploymentInfo) -> String? {
        guard !deployment.isolationReason.isEmpty else { return nil }
        return "\(deployment.isolation.rawValue): \(deployment.isolationReason)"
    }
}
