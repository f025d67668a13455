import ArgumentParser
import ManagementAPI
import SlipwayClient

struct SpaceShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one space and its policy.",
        discussion: "The policy is printed as YAML, as set-policy --file takes it.")

    @Argument(help: "The space's name.")
    var name: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let space = try await session.client.space(named: name)
            if session.format == .json { return try session.printJSON(space) }
            let revision = try await session.client.policyAndRevision(of: name).revision
            var facts = Facts()
            facts.add("models", String(space.models))
            facts.add("endpoints", String(space.deployments))
            facts.add("demands", SpaceText.demand(space.policy))
            facts.add("policy", revision == 0 ? "never set" : "revision \(revision)")
            facts.add("made", "\(Age.moment(space.createdAt)) (\(Age.text(space.createdAt)))")
            let console = session.console
            console.print(console.emphasis.strong(space.name))
            for line in facts.lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
            guard revision > 0 else { return }
            console.print()
            for line in try PolicyYAML.lines(space.policy) { console.print(line) }
        }
    }
}
