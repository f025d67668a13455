import Foundation
import Governance
import Journal
import Logging
import Registry
import Runtimes
import Serving
import Tensors
import Testing

/// The files of a version, where they lie already.
private struct Folder: ArtifactProvider {
    func locate(_ reference: ArtifactReference) throws(ModelLoadError) -> ModelArtifact {
        ModelArtifact(digest: reference.digest, directory: reference.digest, modelFile: "model.onnx")
    }
}

/// What these tests need of the machine: ONNX Runtime, and the slipway binary for workers.
private enum Machine {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static let runtime = ONNXRuntime(
        search: ONNXRuntimeSearch(
            explicitPath: nil, named: ProcessInfo.processInfo.environment["SLIPWAY_ONNXRUNTIME"], folder: nil,
            workingFolder: FileManager.default.currentDirectoryPath))

    static var slipway: String? {
        if let named = ProcessInfo.processInfo.environment["SLIPWAY_BINARY"] { return named }
        guard let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        let beside = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("slipway").path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : nil
    }

    static var scoring: WorkerScoring {
        WorkerScoring(
            artifacts: Folder(),
            workers: WorkerHost(
                command: .init(path: slipway ?? "/nonexistent", arguments: ["model-worker"]),
                library: try? runtime.library().path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }
}

/// The gates over the example models, in worker processes.
@Suite(.enabled(if: Machine.slipway != nil, "there is no slipway binary beside the tests"))
struct ModelGateTests {
    private struct Holdout: Decodable {
        var truth: [Truth]
        var figures: [String: Double]
    }

    private enum Truth: Decodable {
        case number(Double)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    /// Fixtures/make_holdouts.py: the truth of the held-out rows, and scikit-learn's metrics of the answers to them.
    private func holdout(_ name: String) throws -> Holdout {
        let folder = (#filePath as NSString).deletingLastPathComponent
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/Fixtures/holdouts.json"))
        return try #require(try JSONDecoder().decode([String: Holdout].self, from: data)[name])
    }

    /// heldout.csv, with its truth as the column `truth`.
    private func table(_ name: String, _ truth: [Truth]) throws -> DataTable {
        let text = try String(contentsOfFile: "\(Machine.root)/examples/\(name)/heldout.csv", encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let header = try #require(lines.first)
        var columns: [(String, DataTable.Values)] = header.enumerated().map { index, column in
            (String(column), .numbers(lines.dropFirst().map { Double($0[index]) }))
        }
        let numbers = truth.compactMap { if case .number(let number) = $0 { number } else { nil } }
        let texts = truth.compactMap { if case .text(let text) = $0 { text } else { nil } }
        columns.append(("truth", texts.isEmpty ? .numbers(numbers) : .texts(texts)))
        return .of(columns)
    }

    private func version(_ name: String, _ number: Int = 1) throws -> ModelVersion {
        let folder = "\(Machine.root)/examples/\(name)"
        let artifact = ModelArtifact(digest: folder, directory: folder, modelFile: "model.onnx")
        var description = try Machine.runtime.load(artifact, options: RuntimeOptions()).description
        description.goldenRequests = 2
        return ModelVersion(
            model: name, number: number, space: "dev",
            artifact: ArtifactReference(digest: folder, format: "onnx", files: []), size: 1, description: description,
            provenance: Provenance(stored: [:], tags: [:], gitCommit: nil, dataset: nil),
            createdAt: Timestamp(microseconds: 0), createdBy: "somebody")
    }

    private func subject(_ candidate: ModelVersion, _ champion: ModelVersion? = nil) -> GateSubject {
        GateSubject(promotion: 1, candidate: candidate, champion: champion, source: "dev", target: "prod")
    }

    @Test(arguments: ["iris", "breast-cancer", "digits", "wine-gbdt", "diabetes"])
    func `figures of the examples are those of scikit-learn`(_ name: String) async throws {
        let holdout = try holdout(name)
        let isRegression = holdout.figures["rmse"] != nil
        let rule = HoldoutRule(
            dataset: DataSetName(name: "holdout"), target: "truth",
            positiveClass: name == "breast-cancer" ? "malignant" : nil,
            metrics: try holdout.figures.keys.sorted().filter { !$0.contains("class=") }
                .map { MetricLimit(try MetricName(parsing: $0), min: isRegression ? -1 : 0) }
                .map { limit in
                    var limit = limit
                    if isRegression, limit.metric.description != "r2" { limit.min = 0 }
                    return limit
                }, batchSize: 50)
        let gate = HoldoutGate(
            name: "unseen", rule: rule, data: OneTable(table: try table(name, holdout.truth)), scorer: Machine.scoring)
        let report = await gate.run(on: subject(try version(name))) { _ in }
        #expect(report.outcome == .passed, "\(report.summary) \(report.notes)")
        for (key, expected) in holdout.figures {
            let parts = key.split(separator: " ")
            let figure = report.figure(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
            let found = try #require(figure?.candidate, "\(key)")
            #expect(abs(found - expected) <= 1e-4 * max(1, abs(expected)), "\(key): \(found), expected \(expected)")
        }
    }

    @Test func `a truth by name is understood beside labels by number`() async throws {
        let names = ["setosa", "versicolor", "virginica"]
        let truth = try holdout("iris").truth.map { truth -> Truth in
            if case .number(let number) = truth { .text(names[Int(number)]) } else { truth }
        }
        let rule = HoldoutRule(
            dataset: DataSetName(name: "holdout"), target: "truth",
            metrics: [
                MetricLimit(MetricName(.accuracy), min: 0.9),
                MetricLimit(MetricName(.recall), ofClass: "setosa", min: 1),
            ])
        let gate = HoldoutGate(
            name: "unseen", rule: rule, data: OneTable(table: try table("iris", truth)), scorer: Machine.scoring)
        let report = await gate.run(on: subject(try version("iris"))) { _ in }
        #expect(report.outcome == .passed, "\(report.summary) \(report.notes)")
        #expect(report.notes.contains { $0.contains("named by the model file") })
    }

    @Test func `a model that cannot be loaded in a worker is an error that says so`() async throws {
        var version = try version("iris")
        version = ModelVersion(
            model: "iris", number: 2, space: "dev",
            artifact: ArtifactReference(digest: "\(Machine.root)/docs", format: "onnx", files: []), size: 1,
            description: version.description,
            provenance: Provenance(stored: [:], tags: [:], gitCommit: nil, dataset: nil),
            createdAt: Timestamp(microseconds: 0),
            createdBy: "somebody")
        let rule = HoldoutRule(
            dataset: DataSetName(name: "holdout"), target: "truth",
            metrics: [MetricLimit(MetricName(.accuracy), min: 0)])
        let gate = HoldoutGate(
            name: "unseen", rule: rule, data: OneTable(table: try table("iris", holdout("iris").truth)),
            scorer: Machine.scoring)
        let report = await gate.run(on: subject(version)) { _ in }
        #expect(report.outcome == .error)
        #expect(report.summary.contains("iris:2 cannot be loaded"))
    }

    @Test func `latency is measured side by side in workers, with golden requests and with rows`() async throws {
        let golden = LatencyRule(maxP99Milliseconds: 60_000, maxP50Ratio: 1000, seconds: 1, maximumRequests: 400)
        let gate = LatencyGate(
            name: "fast", rule: golden, data: OneTable(table: .of([])), scorer: Machine.scoring)
        let (candidate, champion) = (try version("iris", 2), try version("iris", 1))
        let report = await gate.run(on: subject(candidate, champion)) { _ in }
        #expect(report.outcome == .passed, "\(report.summary) \(report.notes)")
        for name in ["p50 ms", "p99 ms", "requests/s", "rows/s"] {
            let figure = try #require(report.figure(name))
            #expect((figure.candidate ?? 0) > 0 && (figure.champion ?? 0) > 0, "\(name)")
        }
        #expect(report.figure("p50 ratio")?.interval != nil)
        #expect(report.notes.contains { $0.contains("2 golden requests of iris:2") })
        let rows = LatencyRule(
            dataset: DataSetName(name: "holdout"), target: "truth", rowsPerRequest: 16, minRowsPerSecond: 1, callers: 2,
            seconds: 1, maximumRequests: 400)
        let table = try table("diabetes", holdout("diabetes").truth)
        let second = await LatencyGate(
            name: "fast", rule: rows, data: OneTable(table: table), scorer: Machine.scoring
        ).run(on: subject(try version("diabetes"))) { _ in }
        #expect(second.outcome == .passed, "\(second.summary) \(second.notes)")
        #expect(second.notes.contains { $0.contains("8 requests of 16 rows") })
    }
}
