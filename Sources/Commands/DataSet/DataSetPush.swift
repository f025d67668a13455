import ArgumentParser
import ManagementAPI
import SlipwayClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct DataSetPush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Send a CSV or JSON Lines file to the server as the next version of a data set.",
        discussion: """
            The server reads all of the file and finds out what its columns are, or holds it
            against a schema that you give. A version never changes; pushing the same bytes
            again makes no new one.

              slipway dataset push heldout.csv --name churn-holdout
              slipway dataset push customers.jsonl --name customers --schema schema.json
            """)

    @Argument(help: "The file: .jsonl, .ndjson and .json are JSON Lines, all else is CSV with a header.")
    var path: String

    @Option(help: "The data set's name.")
    var name: String

    @Option(help: ArgumentHelp("How the file is to be read, where its name does not say.", valueName: "csv|jsonl"))
    var format: DataSetFileFormat?

    @Option(
        help: ArgumentHelp(
            "What the columns must be, as JSON: what `dataset show --output json` has as schema.", valueName: "file"))
    var schema: String?

    @Flag(help: "Print only NAME:VERSION.")
    var quiet = false

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        do { _ = try ResourceName.check(name, "data set name") } catch { throw ValidationError(error) }
    }

    func run() async throws {
        let schema = try readSchema()
        try await Session.run(global) { session in
            let meter = ProgressMeter(console: session.console, checking: "the server reads the rows")
            defer { meter?.clear() }
            let result = try await session.client.pushDataSet(path, as: name, format: format?.wire, schema: schema) {
                meter?.show($0)
            }
            meter?.clear()
            if quiet { return session.console.print("\(result.dataSet.name):\(result.dataSet.version)") }
            switch session.format {
            case .json: try session.printJSON(DataSetPushResponse(dataSet: result.dataSet, isNew: result.isNew))
            case .table: report(result, session)
            }
        }
    }

    private func readSchema() throws(Failure) -> DataSchema? {
        guard let schema else { return nil }
        guard let data = FileManager.default.contents(atPath: schema) else {
            throw Failure("\(schema) cannot be read", hint: "check the path to the schema", code: .usage)
        }
        do {
            return try JSONDecoder().decode(DataSchema.self, from: data)
        } catch {
            throw Failure(
                "\(schema) is no schema",
                hint: #"it looks like {"columns": [{"name": "age", "type": "integer", "allowsMissing": false}]}, "#
                    + "where a type is number, integer, text or boolean", code: .usage)
        }
    }

    private func report(_ result: DataSetPushResult, _ session: Session) {
        let dataSet = result.dataSet
        let console = session.console
        if result.isNew {
            let stored =
                result.sent == 0
                ? "its bytes were stored already, nothing was sent" : "\(NumberText.bytes(result.sent)) sent"
            console.print(console.emphasis.strong("pushed \(dataSet.name):\(dataSet.version)") + ": \(stored)")
        } else {
            console.print(
                console.emphasis.strong("already there as \(dataSet.name):\(dataSet.version)")
                    + ": same bytes, no new version made")
        }
        for line in DataSetText.facts(dataSet).lines(width: console.width, emphasis: console.emphasis) {
            console.print(line)
        }
    }
}

/// `--format`
enum DataSetFileFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case csv, jsonl

    var wire: DataFileFormat {
        switch self {
        case .csv: .csv
        case .jsonl: .jsonl
        }
    }
}
