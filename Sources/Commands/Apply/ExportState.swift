import ArgumentParser
import Declarations

struct ExportState: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write what there is as declared state, in YAML.",
        discussion: """
            What it prints, `slipway apply -f` takes, and has nothing to do. All spaces that
            you see, or the one of --space. Models and data sets are named without their
            files; keys and secrets never are in it.

              slipway export > slipway.yaml
              slipway export --space prod
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let state = try await StateReading(client: session.client).read(
                spaces: global.namedSpace.map { [$0] })
            if let space = global.namedSpace, state.spaces[space] == nil {
                throw Failure(
                    "there is no space '\(space)'",
                    hint: Suggestion.hint(for: space, among: state.names.sorted(), plural: "spaces", whenNone: ""))
            }
            if session.format == .json { return try session.printJSON(Export.document(of: state)) }
            for line in Export.yaml(of: state) { session.console.print(line) }
        }
    }
}
