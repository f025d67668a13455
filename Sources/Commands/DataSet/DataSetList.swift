import ArgumentParser
import ManagementAPI
import SlipwayClient

struct DataSetList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the data sets of the space.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let dataSets = try await allItems { page in try await session.client.dataSets(after: page) }
            if session.format == .json { return try session.printJSON(dataSets) }
            guard !dataSets.isEmpty else {
                session.console.say("no data sets in space \(session.space) yet")
                session.console.say("next: slipway dataset push FILE.csv --name NAME\(session.flags)")
                return
            }
            session.print(Self.table(dataSets))
        }
    }

    private static func table(_ dataSets: [DataSetInfo]) -> Table {
        Table(
            columns: [
                .init(title: "DATA SET", mayShrink: true), .init(title: "LATEST", isNumber: true),
                .init(title: "ROWS", isNumber: true), .init(title: "COLUMNS", isNumber: true),
                .init(title: "SIZE", isNumber: true), .init(title: "PUSHED"), .init(title: "BY", mayShrink: true),
            ],
            rows: dataSets.map { dataSet in
                [
                    dataSet.name, String(dataSet.version), NumberText.count(dataSet.rows),
                    NumberText.count(dataSet.schema.columns.count), NumberText.bytes(dataSet.size),
                    Age.text(dataSet.createdAt), dataSet.createdBy,
                ]
            })
    }
}
