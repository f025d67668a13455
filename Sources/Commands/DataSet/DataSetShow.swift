import ArgumentParser
import ManagementAPI
import SlipwayClient

struct DataSetShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one version of a data set, the latest unless given, and what others there are.")

    @Argument(help: "NAME or NAME:VERSION.", transform: { try VersionReference.parse($0, "data set name") })
    var dataset: VersionReference

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var dataSet: DataSetInfo
        var versions: [DataSetInfo]
    }

    func run() async throws {
        try await Session.run(global) { session in
            let client = session.client
            let dataSet = try await session.naming(.dataSet, dataset.name) {
                try await client.dataSet(dataset.name, version: dataset.version)
            }
            let versions = try await allItems { page in
                try await client.dataSetVersions(of: dataset.name, after: page)
            }
            if session.format == .json {
                return try session.printJSON(Report(dataSet: dataSet, versions: versions))
            }
            let console = session.console
            let latest = versions.first?.version ?? dataSet.version
            let place = dataSet.version == latest ? "latest" : "latest is \(latest)"
            console.print("\(console.emphasis.strong("\(dataSet.name):\(dataSet.version)"))  (\(place))")
            for line in DataSetText.facts(dataSet).lines(width: console.width, emphasis: console.emphasis) {
                console.print(line)
            }
            guard versions.count > 1 else { return }
            console.print()
            session.print(Self.table(versions))
        }
    }

    private static func table(_ versions: [DataSetInfo]) -> Table {
        Table(
            columns: [
                .init(title: "VERSION", isNumber: true), .init(title: "ROWS", isNumber: true),
                .init(title: "COLUMNS", isNumber: true), .init(title: "SIZE", isNumber: true),
                .init(title: "PUSHED"), .init(title: "BY", mayShrink: true),
            ],
            rows: versions.map { version in
                [
                    String(version.version), NumberText.count(version.rows),
                    NumberText.count(version.schema.columns.count), NumberText.bytes(version.size),
                    Age.text(version.createdAt), version.createdBy,
                ]
            })
    }
}
