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

    @Option(
        help: ArgumentHelp(
            "Where the endpoint serves another version already, go there by this rollout (YAML or JSON, '-' for standard input), or by the one that the space's policy asks for.",
            valueName: "file|auto"))
    var rollout: String?

    @Option(
        help: ArgumentHelp(
            "With --rollout: wait this long for people and for the rollout to end.", valueName: "time"),
        transform: { try Duration.seconds($0, flag: "--wait") })
    var wait: Int?

    @OptionGroup var options: DeployOptions

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        if let endpoint {
            do { _ = try ResourceName.check(endpoint, "endpoint name") } catch { throw ValidationError(error) }
        }
        guard rollout == nil || options.options == nil && watch == nil else {
            throw ValidationError("--rollout leaves an endpoint's options as they are: change them without it")
        }
        guard wait == nil || rollout != nil else {
            throw ValidationError("--wait means something only with --rollout: a deploy is over when the command is")
        }
    }

    func run() async throws {
        let way = try rollout.map { try DeployByRollout.Way(argument: $0) }
        let endpoint = endpoint ?? model.name
        try await Session.run(global) { session in
            let model = try await session.resolving(model)
            // For what is printed alone it is not needed.
            let before = way == nil ? try? await Self.live(endpoint, session) : try await Self.live(endpoint, session)
            var options = options.options
            if let way, let before {
                let step = DeployByRollout(
                    way: way, endpoint: endpoint, model: model.name, version: try await number(of: model, session),
                    reason: reason)
                let outcome = try await step.run(over: before, session)
                guard case .atOnce(let live) = outcome else {
                    return try await follow(outcome, to: step.version, session)
                }
                options = live.options.asked
            }
            try await deployAtOnce(model, at: endpoint, options, before: before, session)
        }
    }

    /// `nil` where nothing is served; whatever else is in the way of knowing that is an error.
    private static func live(_ endpoint: String, _ session: Session) async throws -> DeploymentInfo? {
        do { return try await session.client.deployment(endpoint) } catch {
            guard case .refused(404, _) = error else { throw error }
            return nil
        }
    }

    private func deployAtOnce(
        _ model: VersionReference, at endpoint: String, _ options: DeploymentOptions?, before: DeploymentInfo?,
        _ session: Session
    ) async throws {
        let client = session.client
        let deployment = try await session.naming(.model, model.name) {
            try await session.checkingVersion(model.version, of: model.name) {
                try await client.deploy(
                    model: model.name, version: model.version, endpoint: endpoint, options: options, reason: reason,
                    watchSeconds: watch, ifRevision: rollout == nil ? nil : before?.revision)
            }
        }
        if session.format == .json { return try session.printJSON(deployment) }
        Self.report(deployment, before: before, session)
        guard let version = try? await client.version(deployment.version, of: deployment.model) else { return }
        for line in TryIt.lines(
            deployment, version, server: client.server, withToken: session.hasToken, flags: session.flags)
        {
            session.console.print(line)
        }
    }

    private func number(of model: VersionReference, _ session: Session) async throws -> Int {
        if let version = model.version { return version }
        return try await session.naming(.model, model.name) { try await session.client.model(model.name) }.latestVersion
    }

    /// Says what has become of it; with `--wait` not before its end.
    private func follow(_ outcome: DeployByRollout.Outcome, to version: Int, _ session: Session) async throws {
        switch outcome {
        case .atOnce: break
        case .isLive(let now), .rolledBack(let now, _):
            if session.format == .json {
                try session.printJSON(now)
            } else if case .rolledBack(_, let before) = outcome {
                Rollback.report(now, before: before, session)
            } else {
                Self.report(now, before: now, session)
            }
            if [.failed, .suspended].contains(now.state) { throw ExitCode(1) }
        case .rollout(var rollout):
            if let wait { rollout = try await RolloutFollower(session).follow(rollout, seconds: wait) }
            if session.format == .json { try session.printJSON(rollout) } else { RolloutText.print(rollout, session) }
            guard wait != nil else { return }
            guard rollout.state == .promoted else { throw ExitCode(1) }
            // Of several candidates another may have won.
            let live = try await session.client.deployment(rollout.endpoint).version
            guard live == version else {
                throw Failure("\(rollout.endpoint) serves \(rollout.model):\(live), not \(rollout.model):\(version)")
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
