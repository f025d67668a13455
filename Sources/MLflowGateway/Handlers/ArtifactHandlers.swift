import Experiments
import Gateway
import Journal
import NIOCore

/// Artifacts, in the way of MLflow's proxy: a path below `mlflow-artifacts:/` and bytes. Bodies go through a piece at a
/// time, so that neither side needs memory for the whole.
extension MLflowInterface {
    /// What the client takes as the sign to send a file as one body.
    static let multipartRefusal = HTTPFault(
        .badRequest, "Multipart upload is not supported for the current artifact repository")

    func upload(_ call: MLflowCall) async throws -> Answer {
        let upload = try await services.artifacts.beginUpload(
            to: try ArtifactPath(proxied: call.match.rest ?? ""), space: call.space, declaredSize: call.declaredLength,
            principal: call.principal)
        do {
            for try await piece in call.body { try await upload.append(Array(piece.readableBytesView)) }
            _ = try await upload.finish()
            return .done
        } catch {
            await upload.abandon()
            throw error
        }
    }

    func download(_ call: MLflowCall) async throws -> Answer {
        if let place = try VersionPlace(proxied: call.match.rest ?? "") {
            return try await downloadVersion(place, call)
        }
        let place = try ArtifactPath(proxied: call.match.rest ?? "")
        return try await pour(try await services.artifacts.entry(at: place, space: call.space))
    }

    func pour(_ entry: ArtifactEntry) async throws -> Answer {
        let file = try await services.artifacts.open(entry)
        // An artifact may be a page with a script in it: no browser is to run it as one of ours.
        var answer = Answer(
            .ok, contentType: "application/octet-stream",
            fields: [("x-content-type-options", "nosniff"), ("content-disposition", "attachment")])
        answer.poured = PouredBody(length: file.size) { send in
            while let piece = try await file.next() { try await send(ByteBuffer(bytes: piece)) }
        }
        return answer
    }

    /// The path is in the query; what is answered are names in that folder.
    func listArtifacts(_ call: MLflowCall) async throws -> Answer {
        let path = try call.fields.required("path")
        if let place = try VersionPlace(proxied: path) { return try await listVersion(place, call) }
        let items = try await services.artifacts.list(try ArtifactPath(proxied: path), space: call.space)
        return Answer(json: ["files": .array(items.map { Self.form($0, below: "") })])
    }

    func deleteArtifacts(_ call: MLflowCall) async throws -> Answer {
        try await services.artifacts.remove(
            try ArtifactPath(proxied: call.match.rest ?? ""), space: call.space, principal: call.principal)
        return .done
    }

    func runArtifacts(_ call: MLflowCall) async throws -> Answer {
        let root = ArtifactPath(run: try await services.runs.facts(try call.run(), space: call.space))
        return try await list(root, try call.fields.text("path") ?? "", call)
    }

    func loggedModelArtifacts(_ call: MLflowCall) async throws -> Answer {
        let root = ArtifactPath(model: try await services.loggedModels.model(call.loggedModel, space: call.space))
        return try await list(root, try call.fields.text("artifact_directory_path") ?? "", call)
    }

    /// Here paths are whole, from the root on.
    private func list(_ root: ArtifactPath, _ folder: String, _ call: MLflowCall) async throws -> Answer {
        let items = try await services.artifacts.list(try root.at(folder), space: call.space)
        let files = items.map { Self.form($0, below: folder.isEmpty ? "" : folder + "/") }
        return Answer(json: ["root_uri": .string(root.location), "files": .array(files)])
    }

    private static func form(_ item: ArtifactItem, below folder: String) -> JSONValue {
        switch item {
        case .folder(let name): ["path": .string(folder + name), "is_dir": true]
        case .file(let name, let size):
            ["path": .string(folder + name), "is_dir": false, "file_size": .integer(size)]
        }
    }
}
