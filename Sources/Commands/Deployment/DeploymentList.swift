import ArgumentParser
import SlipwayClient

struct DeploymentList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the endpoints of the space and how they fare.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let deployments = try await allItems { page in try await session.client.deployments(after: page) }
            if session.format == .json { return try session.printJSON(deployments) }
            guard !deployments.isEmpty else {
                session.console.say("nothing is deployed in space \(session.space) yet")
                session.console.say("next: slipway deploy NAME\(session.flags)")
                return
            }
            session.print(DeploymentText.table(deployments))
            for trouble in DeploymentText.troubles(deployments) { session.console.say(trouble) }
        }
    }
}
