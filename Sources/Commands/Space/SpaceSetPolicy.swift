import ArgumentParser
import ManagementAPI
import SlipwayClient

struct SpaceSetPolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-policy", abstract: "Set what a space demands of versions and deployments.",
        discussion: """
            --file takes the whole policy, in YAML or JSON; --isolation changes only
            where models run. What is deployed already moves at once, without a request
            lost; when a model cannot be loaded in its new place, nothing changes. Every
            policy that was ever set is kept: slipway space history SPACE.

              slipway space set-policy prod --file policy.yaml
              slipway space set-policy default --isolation worker
            """)

    @Argument(help: "The space's name.")
    var name: String

    @Option(help: ArgumentHelp("The policy, '-' for standard input.", valueName: "file"))
    var file: String?

    @Option(
        help: ArgumentHelp("Where the space's models have to run.", valueName: "worker|shared|any"),
        transform: { try demand($0) })
    var isolation: IsolationDemand?

    @Option(help: ArgumentHelp("Only if this is the revision of the policy now.", valueName: "revision"))
    var ifRevision: Int?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (file == nil) != (isolation == nil) else {
            throw ValidationError("give either --file or --isolation")
        }
    }

    func run() async throws {
        let text = try file.map(InputSource.document)
        try await Session.run(global) { session in
            let policy: SpacePolicy
            if let text {
                policy = try await session.client.setPolicy(yaml: text, of: name, ifRevision: ifRevision)
            } else {
                policy = try await change(session.client)
            }
            if session.format == .json { return try session.printJSON(policy) }
            session.console.print("space \(name) demands \(SpaceText.demand(policy))")
            await Self.warn(policy, session)
        }
    }

    /// Only the isolation, of the policy that was read just before.
    private func change(_ client: SlipwayClient) async throws -> SpacePolicy {
        var (policy, revision) = try await client.policyAndRevision(of: name)
        policy.isolation = isolation ?? policy.isolation
        return try await client.setPolicy(policy, of: name, ifRevision: ifRevision ?? revision)
    }

    /// A source that is not there is no fault, but likely a slip.
    private static func warn(_ policy: SpacePolicy, _ session: Session) async {
        guard let sources = policy.promotesFrom,
            let names = try? await allItems(of: { page in try await session.client.spaces(after: page) }).map(\.name)
        else { return }
        for source in sources where !names.contains(source) {
            session.console.say(
                "note: you see no space '\(source)' that versions could come from; "
                    + Suggestion.hint(for: source, among: names, plural: "spaces", whenNone: ""))
        }
    }

    private static func demand(_ word: String) throws -> IsolationDemand {
        guard let demand = IsolationDemand(rawValue: word) else {
            throw ValidationError("'\(word)' is no isolation; there are worker, shared and any")
        }
        return demand
    }
}
