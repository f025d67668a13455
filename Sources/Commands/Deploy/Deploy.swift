import ArgumentParser
import ManagementAPI
import SlipwayClient

struct Deploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a version of a model answer at an endpoint.",
        discussion: """
            The version is loaded beside whatever serves now, warmed up, and put in its
            place at once; once the command has returned, it answers. A version that
            cannot be loaded leaves the old one serving. What served before stays warm, and
            comes back by itself when too many requests fail within --watch.

              slipway deploy churn       the latest version, at the endpoint churn
              slipway deploy churn:3 --as exit-survey --reason "better on new customers"
              slipway deploy churn@champion   the version that the space calls so now
              slipway deploy churn --max-batch-size 64 --isolation worker

            What a deploy does not give is the default, whatever the revision before had.
            """)

    @Argument(
        help: "NAME, NAME:VERSION or NAME@ALIAS; the latest version unless given.",
        transform: { try VersionReference.parseWithAlias($0) })
    var model: VersionReference

    @Option(name: .customLong("as"), help: "The endpoint's name; the model's own unless given.")
    var endpoint: String?

    @Option(help: "Why, for the history.")
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "How long what served before waits to come back if requests fail; 0 for not at all (60s unless given).",
            valueName: "time"), transform: { try Duration.seconds($0, flag: "--watch") })
    var watch: Int?

    @OptionGroup var options: DeployOptions

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        if let endpoint {
            do { _ = try ResourceName.check(endpoint, "endpoint name") } catch { throw ValidationError(error) }
        }
    }

    func run() async throws {
        let endpoint = endpoint ?? model.name
        try await Session.run(global) { session in
            let client = session.client
            let model = try await session.resolving(model)
            let before = try? await client.deployment(endpoint)
            let deployment = try await session.naming(.model, model.name) {
                try await session.checkingVersion(model.version, of: model.name) {
                    try await client.deploy(
                        model: model.name, version: model.version, endpoint: endpoint,
                        options: options.options, reason: reason, watchSeconds: watch)
                }
            }
            if session.format == .json { return try session.printJSON(deployment) }
            Self.report(deployment, before: before, session)
            if let version = try? await client.version(deployment.version, of: deployment.model) {
                for line in TryIt.lines(
                    deployment, version, server: client.server, withToken: session.hasToken, flags: session.flags)
                {
                    session.console.print(line)
                }
            }
        }
    }

    private static func report(_ now: DeploymentInfo, before: DeploymentInfo?, _ session: Session) {
        var history = "revision \(now.revision)"
        if let before, before.revision == now.revision {
            history += ", as before: nothing changed"
        } else if let before {
            history += ", before: \(before.model):\(before.version)"
        }
        let strong = session.console.emphasis.strong("\(now.model):\(now.version)")
        switch now.state {
        case .ready: session.console.print("\(strong) answers at endpoint \(now.endpoint) (\(history))")
        default:
            session.console.print("\(strong) at endpoint \(now.endpoint) is \(now.state.rawValue) (\(history))")
            if !now.message.isEmpty { session.console.print("  \(now.message)") }
        }
    }
}
