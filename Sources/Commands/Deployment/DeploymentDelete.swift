import ArgumentParser
import ManagementAPI
import SlipwayClient

struct DeploymentDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Take an endpoint out of service; its model and its history stay.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var deleted: String
    }

    func run() async throws {
        try await Session.run(global) { session in
            let client = session.client
            let before = try? await client.deployment(endpoint)
            try await session.naming(.endpoint, endpoint) { try await client.deleteDeployment(endpoint) }
            if session.format == .json { return try session.printJSON(Report(deleted: endpoint)) }
            session.console.print("endpoint \(endpoint) no longer answers")
            if let before {
                session.console.print(
                    "bring it back: slipway deploy \(before.model):\(before.version)"
                        + (before.model == endpoint ? "" : " --as \(endpoint)") + session.flags)
            }
        }
    }
}
