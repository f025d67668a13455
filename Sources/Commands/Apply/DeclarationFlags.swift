import ArgumentParser
import Declarations
import GitRuns
import Journal
import SlipwayClient

/// What `slipway diff` and `slipway apply` take both.
struct DeclarationFlags: ParsableArguments {
    @Option(
        name: [.customShort("f"), .long],
        help: ArgumentHelp(
            "The declared state: a file, '-' for standard input, or a folder with .yaml files.", valueName: "path"))
    var file: String

    @Flag(
        help: ArgumentHelp(
            "Also remove what the files do not name: members, deployments and monitors of the spaces under 'spaces', each only where the files speak of such."
        ))
    var prune = false

    /// Reads the files, looks at the server, compares.
    func plan(_ session: Session) async throws -> Plan {
        let declaration = try declaration(session)
        let files = try await FileReading(console: session.console).read(declaration)
        return try await plan(declaration, files, session)
    }

    func declaration(_ session: Session) throws -> Declaration {
        do {
            return try Declaration.read(DeclarationSource.files(file), space: session.space) {
                value, place throws(ControlError) in
                _ = try GitPipeline.read(value, at: place)
            }
        } catch let error as DeclarationError {
            throw Failure(error)
        }
    }

    func plan(_ declaration: Declaration, _ files: LocalFiles, _ session: Session) async throws -> Plan {
        let state = try await StateReading(client: session.client).read(
            spaces: declaration.spaceNames, models: Set(declaration.models.filter { $0.file != nil }.map(\.name)),
            dataSets: Set(declaration.dataSets.filter { $0.file != nil }.map(\.name)))
        let plan = Planner.plan(declaration, state, files: files, prunes: prune)
        try PlanText(plan).refuseProblems(session)
        return plan
    }
}
