import Foundation
package import Journal
package import Serving

/// A version that a client of MLflow asks for: files that are stored already, and what is known about them.
package struct Registration: Sendable, Hashable {
    package var model: String
    package var space: String
    /// All files of the model's folder, with paths from there.
    package var files: [ArtifactReference.File]
    package var metrics: [String: Double]
    package var tags: [String: String]
    package var gitCommit: String?
    package var description: String
    package var origin: VersionOrigin

    package init(
        model: String, space: String, files: [ArtifactReference.File], metrics: [String: Double] = [:],
        tags: [String: String] = [:], gitCommit: String? = nil, description: String = "", origin: VersionOrigin
    ) {
        self.model = model
        self.space = space
        self.files = files
        self.metrics = metrics
        self.tags = tags
        self.gitCommit = gitCommit
        self.description = description
        self.origin = origin
    }
}

extension ModelCatalog {
    /// Makes the next version of these files, or finds the version that has the same.
    ///
    /// A model with an ONNX flavour is checked as one that is pushed. Whatever else it is, it is stored, gets its number,
    /// and says why it cannot be deployed; nothing of it is ever run.
    ///
    /// Errors: those of a push; `notFound` for a model that was not registered.
    package func register(
        _ registration: Registration, principal: Principal
    ) async throws(ControlError) -> CatalogVersion {
        try CatalogLimits.checkDescription(registration.description)
        try CatalogLimits.checkCount(registration.tags.count)
        for (key, value) in registration.tags { try CatalogLimits.checkTag(key, value) }
        _ = try await model(registration.model, space: registration.space)
        let reading = try await read(registration.files)
        var origin = registration.origin
        origin.flavors = reading.file?.flavors ?? []
        origin.warnings += reading.file?.problems ?? []
        origin.undeployable = reading.undeployable
        let (metrics, tags) = Self.fitting(registration.metrics, registration.tags, &origin)
        var arrival = VersionArrival(origin)
        arrival.signature = reading.file?.signature
        arrival.text = registration.description
        arrival.tags = registration.tags.filter { tags[$0.key] == nil }
        let outcome = try await registry.push(
            model: registration.model, space: registration.space, files: registration.files, metrics: metrics,
            tags: tags, gitCommit: registration.gitCommit, arrival: arrival, principal: principal)
        return try await version(registration.model, number: outcome.version.number, space: registration.space)
    }

    /// What a version's provenance has no room for is left out, and said: a run may log more than anybody gates on. Tags
    /// that do not fit are written beside the version instead.
    private static func fitting(
        _ metrics: [String: Double], _ tags: [String: String], _ origin: inout VersionOrigin
    ) -> (metrics: [String: Double], tags: [String: String]) {
        let fitting = metrics.filter {
            $0.value.isFinite && !$0.key.isEmpty && $0.key.utf8.count <= Provenance.maximumKeyLength
        }
        .sorted { $0.key < $1.key }.prefix(Provenance.maximumEntries)
        if fitting.count < metrics.count {
            origin.warnings.append(
                "\(metrics.count - fitting.count) of the run's \(metrics.count) metrics are left out: they are no finite "
                    + "numbers, or too many, or their names too long")
        }
        let kept = tags.filter {
            $0.key.utf8.count <= Provenance.maximumKeyLength && $0.value.utf8.count <= Provenance.maximumTextLength
        }.sorted { $0.key < $1.key }.prefix(Provenance.maximumEntries)
        return (
            Dictionary(fitting.map { ($0.key, $0.value) }) { first, _ in first },
            Dictionary(kept.map { ($0.key, $0.value) }) { first, _ in first }
        )
    }

    /// What the folder says of itself, and why nothing here can run it.
    private func read(
        _ files: [ArtifactReference.File]
    ) async throws(ControlError) -> (file: MLmodelFile?, undeployable: String?) {
        guard let entry = files.first(where: { $0.path == MLmodelFile.fileName }) else {
            return (nil, Self.refusal(of: nil, files))
        }
        guard entry.size <= MLmodelFile.maximumBytes else {
            return (
                nil, "its \(MLmodelFile.fileName) file has \(entry.size) bytes, at most \(MLmodelFile.maximumBytes)"
            )
        }
        let blobs = self.blobs
        let bytes = try await threads.run { () throws(ControlError) -> [UInt8] in
            var bytes: [UInt8] = []
            try blobs.readBlob(entry.sha256) { bytes.append(contentsOf: $0) }
            return bytes
        }
        do throws(ControlError) {
            let file = try MLmodelFile(bytes)
            return (file, Self.refusal(of: file, files))
        } catch {
            return (nil, error.message)
        }
    }

    private static func refusal(of file: MLmodelFile?, _ files: [ArtifactReference.File]) -> String? {
        if let file, !file.flavors.contains("onnx") {
            let loader = file.loader.map { ", loaded by \(Name.excerpt(of: $0))" } ?? ""
            let flavors = file.flavors.prefix(8).map { Name.excerpt(of: $0) }.joined(separator: ", ")
            return "it has no ONNX flavour (flavors: \(flavors)\(loader)), and Python code is never executed here"
        }
        let model: String
        do throws(ControlError) { model = try ModelFormat.modelFile(among: files) } catch { return error.message }
        if let named = file?.onnxFile, named != model {
            return "its ONNX flavour is the file '\(Name.excerpt(of: named))', and the model here would be '\(model)'"
        }
        return nil
    }
}
