import Experiments
import Journal
import Registry
import Serving

/// What stands behind a source: files that this space has stored, and the run that made them.
struct ModelFinding {
    var files: [ArtifactReference.File]
    var run: String?
    var loggedModel: String?
    var metrics: [String: Double] = [:]
    var gitCommit: String?
}

/// Finds what a source names, in one space: what belongs to another one is not there.
struct ModelSourceSearch {
    /// MLflow's own name of the tag.
    static let gitCommitTag = "mlflow.source.git.commit"

    let services: MLflowServices
    let space: String

    /// - Parameters:
    ///   - run: the run that the client names beside the source; it must be the one that made the files.
    ///   - loggedModel: the logged model that the client names beside the source; likewise.
    ///
    /// Errors: `invalid` (nothing is there, or it is not that run's), `notFound`.
    func find(
        _ source: ModelSource, run: String?, loggedModel: String?
    ) async throws(ControlError) -> ModelFinding {
        switch source {
        case .version(let name, let number):
            return try await finding(try await services.catalog.version(name, number: number, space: space))
        case .alias(let name, let alias):
            return try await finding(try await services.catalog.version(name, alias: alias, space: space))
        case .loggedModel(let id):
            let model = try await services.loggedModels.model(id, space: space)
            return try await finding(ArtifactPath(model: model), run: run, loggedModel: loggedModel)
        case .run(let id, let path):
            let facts = try await services.runs.facts(id, space: space)
            return try await finding(try ArtifactPath(run: facts).at(path), run: run, loggedModel: loggedModel)
        case .artifacts(let place):
            return try await finding(place, run: run, loggedModel: loggedModel)
        }
    }

    private func finding(
        _ place: ArtifactPath, run: String?, loggedModel: String?
    ) async throws(ControlError) -> ModelFinding {
        var finding = ModelFinding(files: try await files(at: place), run: run, loggedModel: loggedModel)
        switch place.owner {
        case .run(let id):
            guard run == nil || run == id else { throw Self.mismatch("run_id", run, "run '\(id)'") }
            finding.run = id
            if let loggedModel { _ = try await services.loggedModels.model(loggedModel, space: space) }
        case .model(let id):
            guard loggedModel == nil || loggedModel == id else {
                throw Self.mismatch("model_id", loggedModel, "logged model '\(id)'")
            }
            let model = try await services.loggedModels.model(id, space: space)
            guard run == nil || run == model.sourceRun else {
                throw Self.mismatch("run_id", run, "logged model '\(id)', which that run has not made")
            }
            finding.loggedModel = id
            finding.run = model.sourceRun
            finding.metrics = Self.latest(model.metrics)
        }
        guard let id = finding.run else { return finding }
        let made = try await services.runs.run(id, space: space)
        finding.metrics.merge(Self.latest(made.metrics)) { model, _ in model }
        finding.gitCommit = made.tags[Self.gitCommitTag]
        return finding
    }

    /// Paths are told from the folder on; a source that is one file is a folder of one.
    private func files(at place: ArtifactPath) async throws(ControlError) -> [ArtifactReference.File] {
        let entries = try await services.artifacts.entries(at: place, space: space)
        guard !entries.isEmpty else {
            throw ControlError(
                .invalid, "there are no artifacts at '\(Name.excerpt(of: place.location, limit: 200))'", field: "source"
            )
        }
        let prefix = place.path.isEmpty ? "" : place.path + "/"
        return entries.map { entry in
            let path =
                entry.path.hasPrefix(prefix)
                ? String(entry.path.dropFirst(prefix.count)) : entry.path.split(separator: "/").last.map(String.init)
            return ArtifactReference.File(path: path ?? entry.path, sha256: entry.sha256, size: entry.size)
        }
    }

    /// A version that becomes one of another model takes along what is known of it.
    private func finding(_ version: CatalogVersion) async throws(ControlError) -> ModelFinding {
        let whole = try await services.registry.version(version.model, number: version.number, space: space)
        return ModelFinding(
            files: whole.artifact.files, run: version.origin?.run, loggedModel: version.origin?.loggedModel,
            metrics: version.provenance.metrics, gitCommit: version.provenance.gitCommit)
    }

    /// The last value of each metric, over whatever data sets it was measured on.
    private static func latest(_ points: [MetricPoint]) -> [String: Double] {
        let sorted = points.sorted { ($0.timestamp, $0.step) < ($1.timestamp, $1.step) }
        return Dictionary(sorted.map { ($0.key, $0.value) }) { $1 }
    }

    private static func mismatch(_ field: String, _ given: String?, _ found: String) -> ControlError {
        ControlError(
            .invalid, "'\(field)' is '\(Name.excerpt(of: given ?? ""))', and the source belongs to \(found)",
            field: field)
    }
}
