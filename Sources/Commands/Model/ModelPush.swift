import ArgumentParser
import ManagementAPI
import SlipwayClient

struct ModelPush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Send a model to the server as its next version.",
        discussion: """
            The server reads the model's inputs and outputs out of the file and loads it
            once to see that it works. Pushing the same bytes again makes no new version.
            A model that keeps its weights in files of their own is pushed as a folder
            with all of them. In a retraining run (SLIPWAY_RUN) the version says that the
            run pushed it.

              slipway model push churn.onnx --name churn --metric accuracy=0.974
              slipway model push churn.onnx --name churn --golden golden.json
              slipway model push churn.onnx --name churn --reference train.csv
              slipway model push churn/ --name churn --git-commit $(git rev-parse HEAD)
            """)

    @Argument(help: "The .onnx file, or a folder with it and the files it needs.")
    var path: String

    @Option(help: "The model's name.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "Requests that the version brings along and the answers it must give; a folder may have a golden.json.",
            valueName: "file"))
    var golden: String?

    @Option(
        help: ArgumentHelp(
            "Rows that drift is measured against, CSV or JSON Lines (training or holdout data); only a profile is sent.",
            valueName: "file"))
    var reference: String?

    @Option(
        name: .customLong("metric"), help: ArgumentHelp("A measured figure of this version.", valueName: "key=value"))
    var metrics: [Assignment] = []

    @Option(
        name: .customLong("metrics"),
        help: ArgumentHelp("Measured figures as a JSON object of numbers; --metric wins.", valueName: "file"))
    var metricsFile: String?

    @Option(name: .customLong("tag"), help: ArgumentHelp("A note to find it by.", valueName: "key=value"))
    var tags: [Assignment] = []

    @Option(help: "The commit it was trained from.")
    var gitCommit: String?

    @Option(help: "The branch of that commit.")
    var gitBranch: String?

    @Option(help: "Who wrote that commit.")
    var gitAuthor: String?

    @Option(help: ArgumentHelp("Where the run of the CI that made it can be looked at.", valueName: "url"))
    var runURL: String?

    @Option(help: "The data set it was trained on: free text, or NAME:VERSION of one that the space has.")
    var dataset: String?

    @Flag(help: "Print only NAME:VERSION.")
    var quiet = false

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        do { _ = try ResourceName.check(name, "model name") } catch { throw ValidationError(error) }
    }

    func run() async throws {
        let measured = try metricsFile.map(MetricsFile.read) ?? [:]
        let metrics = try (Assignment.numbers(metrics, "--metric") ?? [:]).merging(measured) { given, _ in given }
        let tags = try (Assignment.dictionary(tags, "--tag") ?? [:]).merging(origin) { given, _ in given }
        try await Session.run(global) { session in
            let meter = ProgressMeter(console: session.console)
            defer { meter?.clear() }
            let profile = try reference.map { try ProfileFile(rows: $0) }
            defer { profile?.remove() }
            let result = try await session.client.push(
                path, as: name, golden: golden, reference: profile?.path, metrics: metrics, tags: tags,
                gitCommit: gitCommit, dataset: dataset, run: RetrainingEnvironment.run
            ) { meter?.show($0) }
            meter?.clear()
            for hidden in result.leftOut { session.console.say("left out: \(hidden) (hidden)") }
            if quiet { return session.console.print("\(result.version.model):\(result.version.version)") }
            switch session.format {
            case .json: try session.printJSON(PushResponse(version: result.version, isNew: result.isNew))
            case .table: report(result, session)
            }
        }
    }

    /// Where it came from, as tags: every interface that shows a version shows them.
    private var origin: [String: String] {
        var tags: [String: String] = [:]
        tags["git.branch"] = gitBranch
        tags["git.author"] = gitAuthor
        tags["run.url"] = runURL
        return tags
    }

    private func report(_ result: PushResult, _ session: Session) {
        let version = result.version
        let reference = "\(version.model):\(version.version)"
        let console = session.console
        if result.isNew {
            let stored =
                result.sent == 0
                ? "its bytes were stored already, nothing was sent"
                : "\(NumberText.bytes(result.sent)) sent"
            console.print(console.emphasis.strong("pushed \(reference)") + ": \(stored)")
        } else {
            console.print(
                console.emphasis.strong("already there as \(reference)") + ": same bytes, no new version made")
            if metrics.count + tags.count + origin.count > 0 || metricsFile != nil || gitCommit != nil || dataset != nil
            {
                console.say("a version never changes, so the metrics and tags given now were not added to it")
            }
        }
        var facts = Facts()
        facts.add("inputs", SignatureText.lines(version.inputs))
        facts.add("outputs", SignatureText.lines(version.outputs))
        facts.add("size", SignatureText.size(version.files))
        facts.add("golden", SignatureText.golden(version))
        facts.add("reference", SignatureText.reference(version))
        facts.add("notes", version.notes)
        for line in facts.lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
        console.print()
        console.print("next: slipway deploy \(result.isNew ? version.model : reference)\(session.flags)")
    }
}

extension ValidationError {
    init(_ failure: Failure) {
        self.init(failure.description)
    }
}
