import ArgumentParser
import Declarations
import SlipwayClient

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the server what files declare.",
        discussion: """
            Shows a plan, asks, and carries it out step by step. What the files do not name
            is left alone unless --prune. Applying twice does nothing the second time; after
            a failure the next one goes on where this one stopped. One applies at a time.

              slipway apply -f slipway.yaml
              slipway apply -f deploy/ --yes --prune

            Exit codes: 0 done or nothing to do, 1 refused, failed or declined, else as
            everywhere.
            """)

    @OptionGroup var flags: DeclarationFlags

    @Flag(help: "Do not ask.")
    var yes = false

    @Option(
        help: ArgumentHelp(
            "Wait this long for somebody else's apply to end (not at all unless given).", valueName: "time"),
        transform: { try Duration.seconds($0, flag: "--wait") })
    var wait: Int?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let declaration = try flags.declaration(session)
            let files = try await FileReading(console: session.console).read(declaration)
            let plan = try await flags.plan(declaration, files, session)
            let text = PlanText(plan)
            guard !plan.steps.isEmpty else {
                if session.format == .json { return try session.printJSON(text.report(done: 0)) }
                return text.show(session)
            }
            if session.format == .table { text.show(session) }
            try confirm(plan, session)
            let holding = ApplicationHolding(client: session.client, console: session.console, patience: wait ?? 0)
            let application = try await holding.begin(plan) {
                try await flags.plan(declaration, files, session)
            }
            try await PlanRun(plan: plan, application: application, session: session).run()
        }
    }

    private func confirm(_ plan: Plan, _ session: Session) throws {
        guard !yes else { return }
        guard flags.file != "-", isatty(STDIN_FILENO) == 1 else {
            throw Failure(
                "apply asks before it changes anything, and nobody can answer here",
                hint: "look at the plan, then --yes",
                code: .usage)
        }
        session.console.say("carry it out? [y/N]")
        guard let answer = readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
            throw Failure("declined: nothing was changed")
        }
    }
}
