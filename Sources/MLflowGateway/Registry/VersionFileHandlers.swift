import Experiments
import Gateway
import Journal
import NIOCore
import Registry
import Serving

/// The files of versions, as the artifacts that MLflow's clients take them for.
extension MLflowInterface {
    func listVersion(_ place: VersionPlace, _ call: MLflowCall) async throws -> Answer {
        let files = try await versionFiles(place, call).map { ($0.path, $0.size) }
        let prefix = place.path.isEmpty ? "" : place.path + "/"
        var forms: [JSONValue] = []
        var folders: Set<String> = []
        for (path, size) in files.sorted(by: { $0.0 < $1.0 }) where path.hasPrefix(prefix) {
            let rest = path.dropFirst(prefix.count)
            if let slash = rest.firstIndex(of: "/") {
                let folder = String(rest[..<slash])
                if folders.insert(folder).inserted { forms.append(["path": .string(folder), "is_dir": true]) }
            } else {
                forms.append(["path": .string(String(rest)), "is_dir": false, "file_size": .integer(size)])
            }
        }
        return Answer(json: ["files": .array(forms)])
    }

    func downloadVersion(_ place: VersionPlace, _ call: MLflowCall) async throws -> Answer {
        guard let file = try await versionFiles(place, call).first(where: { $0.path == place.path }) else {
            throw ControlError(
                .notFound,
                "\(place.model) version \(place.number) has no file '\(Name.excerpt(of: place.path, limit: 200))'",
                field: "path")
        }
        switch file.content {
        case .stored(let sha256):
            return try await pour(ArtifactEntry(path: file.path, sha256: sha256, size: file.size))
        case .made(let text):
            return Answer(.ok, contentType: "application/octet-stream", body: ByteBuffer(string: text))
        }
    }

    private func versionFiles(_ place: VersionPlace, _ call: MLflowCall) async throws -> [VersionFile] {
        let version = try await services.registry.version(place.model, number: place.number, space: call.space)
        return VersionFile.all(of: version)
    }
}

/// One file of a version: stored, or made for MLflow's clients.
struct VersionFile {
    enum Content {
        case stored(sha256: String)
        case made(String)
    }

    let path: String
    let size: Int
    let content: Content

    /// What was pushed without an `MLmodel` file gets one that says what is known of it.
    static func all(of version: ModelVersion) -> [VersionFile] {
        let files = version.artifact.files
        var all = files.map { VersionFile(path: $0.path, size: $0.size, content: .stored(sha256: $0.sha256)) }
        guard version.artifact.format == ModelFormat.onnx, !files.contains(where: { $0.path == MLmodelFile.fileName }),
            let model = try? ModelFormat.modelFile(among: files)
        else { return all }
        let text = MLmodelText.make(version, modelFile: model)
        all.append(VersionFile(path: MLmodelFile.fileName, size: text.utf8.count, content: .made(text)))
        return all
    }
}
