import ArgumentParser
import ManagementAPI
import SlipwayClient

struct ModelShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one version of a model, the latest unless given, and what others there are.")

    @Argument(help: "NAME, NAME:VERSION or NAME@ALIAS.", transform: { try VersionReference.parseWithAlias($0) })
    var model: VersionReference

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var model: ModelInfo
        var version: VersionInfo
        var versions: [VersionInfo]
        /// What the version says that it was trained on, where the space has a data set of that name.
        var dataSet: DataSetInfo?
    }

    func run() async throws {
        try await Session.run(global) { session in
            let client = session.client
            let model = try await session.resolving(model)
            let info = try await session.naming(.model, model.name) { try await client.model(model.name) }
            let number = model.version ?? info.latestVersion
            let version = try await session.checkingVersion(number, of: model.name) {
                try await client.version(number, of: model.name)
            }
            let versions = try await allItems { page in try await client.versions(of: model.name, after: page) }
            let dataSet = await Self.dataSet(of: version, session)
            let report = Report(model: info, version: version, versions: versions, dataSet: dataSet)
            if session.format == .json { return try session.printJSON(report) }
            Self.print(report, session)
        }
    }

    /// The text is free: what it names may be no data set, another space's, or one that the caller may not see.
    private static func dataSet(of version: VersionInfo, _ session: Session) async -> DataSetInfo? {
        guard version.space == session.space, let text = version.dataset,
            let reference = try? VersionReference.parse(text)
        else { return nil }
        return try? await session.client.dataSet(reference.name, version: reference.version)
    }

    private static func print(_ report: Report, _ session: Session) {
        let console = session.console
        let version = report.version
        let place = version.version == report.model.latestVersion ? "latest" : "latest is \(report.model.latestVersion)"
        console.print("\(console.emphasis.strong("\(version.model):\(version.version)"))  (\(place))")
        for line in facts(report).lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
        guard report.versions.count > 1 else { return }
        console.print()
        session.print(table(report.versions.sorted { $0.version > $1.version }))
    }

    static func facts(_ report: Report) -> Facts {
        let version = report.version
        var facts = Facts()
        facts.add("deployable", version.undeployable.map { "no: \($0)" })
        if version.undeployable == nil {
            facts.add("inputs", SignatureText.lines(version.inputs))
            facts.add("outputs", SignatureText.lines(version.outputs))
        }
        let opsets = version.opsets.sorted { $0.key < $1.key }
            .map { $0.key.isEmpty || $0.key == "ai.onnx" ? "opset \($0.value)" : "\($0.key) \($0.value)" }
        let producer = version.producer.isEmpty ? [] : ["made by \(version.producer)"]
        facts.add("format", ([version.format] + opsets + producer).joined(separator: ", "))
        facts.add("size", SignatureText.size(version.files))
        facts.add("digest", version.digest)
        facts.add("metrics", version.metrics.isEmpty ? nil : SignatureText.metrics(version.metrics))
        facts.add("aliases", (report.model.aliases ?? [:]).filter { $0.value == version.version }.keys.sorted())
        facts.add("tags", version.tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        let known = report.dataSet.map { dataSet in
            let label = "\(dataSet.name):\(dataSet.version)"
            let which = label == version.dataset ? "pushed here" : "\(label) is the latest of that name here"
            return "  (\(which), \(NumberText.count(dataSet.rows)) rows)"
        }
        facts.add("data set", version.dataset.map { $0 + (known ?? "") })
        facts.add("git commit", version.gitCommit)
        facts.add("mlflow run", version.mlflowRun)
        facts.add("source", version.source)
        facts.add("trained by", version.run.map { "retraining run \($0)" })
        facts.add("pushed by", version.gitRun.map { "run \($0) from Git" })
        facts.add("golden", SignatureText.golden(version))
        facts.add("reference", SignatureText.reference(version))
        facts.add(
            "pushed",
            "\(Age.moment(version.createdAt)) by \(version.createdBy) (\(Age.text(version.createdAt)))")
        facts.add("about", version.documentation.isEmpty ? nil : version.documentation)
        facts.add("described", version.description.map { shortened($0) })
        facts.add("metadata", version.metadata.sorted { $0.key < $1.key }.map { "\($0.key) = \(shortened($0.value))" })
        facts.add("notes", version.notes)
        facts.add("model tags", (report.model.tags ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        facts.add("model", report.model.description.map { shortened($0) })
        facts.add("served at", report.model.deployed.isEmpty ? "no endpoint of this space" : nil)
        facts.add("served at", report.model.deployed)
        return facts
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 100 ? line.prefix(99) + "…" : line
    }

    private static func table(_ versions: [VersionInfo]) -> Table {
        Table(
            columns: [
                .init(title: "VERSION", isNumber: true), .init(title: "SIZE", isNumber: true),
                .init(title: "METRICS", mayShrink: true), .init(title: "PUSHED"), .init(title: "BY", mayShrink: true),
            ],
            rows: versions.map { version in
                [
                    String(version.version), NumberText.bytes(version.files.reduce(0) { $0 + $1.size }),
                    SignatureText.metrics(version.metrics, most: 3), Age.text(version.createdAt), version.createdBy,
                ]
            })
    }
}
