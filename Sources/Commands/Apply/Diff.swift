import ArgumentParser
import Declarations

struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what `slipway apply` would do.",
        discussion: """
            Reads only. Exit codes: 0 nothing to do, 2 differences, 1 what cannot be
            carried out, else as everywhere.

              slipway diff -f slipway.yaml
            """)

    @OptionGroup var flags: DeclarationFlags

    @OptionGroup var global: GlobalOptions

    /// What the exit code says of differences.
    static let differs = ExitCode(2)

    func run() async throws {
        try await Session.run(global) { session in
            let plan = try await flags.plan(session)
            let text = PlanText(plan)
            if session.format == .json { try session.printJSON(text.report()) } else { text.show(session) }
            guard plan.steps.isEmpty else { throw Self.differs }
        }
    }
}
