import ArgumentParser
import ManagementAPI
import SlipwayClient

struct SpaceSetPolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-policy", abstract: "Set what a space demands of everything that is deployed in it.",
        discussion: """
            With --isolation worker every model of the space runs in a process of its own,
            with shared in the server's, with any where its deployment wants it. What is
            deployed already moves at once, without a request lost; when a model cannot
            be loaded in its new place, nothing changes.

              slipway space set-policy default --isolation worker
            """)

    @Argument(help: "The space's name.")
    var name: String

    @Option(
        help: ArgumentHelp("Where the space's models have to run.", valueName: "worker|shared|any"),
        transform: { try demand($0) })
    var isolation: IsolationDemand

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let policy = try await session.client.setPolicy(SpacePolicy(isolation: isolation), of: name)
            if session.format == .json { return try session.printJSON(policy) }
            session.console.print("space \(name) demands \(SpaceText.demand(policy)) of its deployments")
        }
    }

    private static func demand(_ word: String) throws -> IsolationDemand {
        guard let demand = IsolationDemand(rawValue: word) else {
            throw ValidationError("'\(word)' is no isolation; there are worker, shared and any")
        }
        return demand
    }
}
