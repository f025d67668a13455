import Crypto
import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Journal
import ManagementAPI
import NIOCore
import Registry
import Retraining
import Serving

extension ManagementInterface {
    func models(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.registry.models(space: call.space, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(ModelInfo.init), next: list.next))
    }

    func versions(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.registry.versions(of: call.name, space: call.space, after: after, limit: limit)
        var items: [VersionInfo] = []
        for summary in list.items {
            items.append(
                VersionInfo(
                    try await services.registry.version(call.name, number: summary.number, space: call.space)))
        }
        return try .json(ManagementAPI.Page(items: items, next: list.next))
    }

    func version(_ call: ManagementRequest) async throws -> Response {
        let version = try await services.registry.version(
            call.name, number: try call.versionNumber(), space: call.space)
        return try .json(VersionInfo(version))
    }

    /// Makes a version of files that were uploaded before, or of the one model file that is the body.
    func push(_ call: ManagementRequest) async throws -> Response {
        let type = call.request.headers[.contentType] ?? ""
        let order =
            type.lowercased().hasPrefix("application/octet-stream")
            ? try await uploadModel(call)
            : try await call.document(ManagementAPI.PushRequest.self, schema: "PushRequest")
        let files = order.files.map { ArtifactReference.File(path: $0.path, sha256: $0.sha256, size: $0.size) }
        if let run = order.run {
            try await services.retraining.admit(
                run: run, model: call.name, space: call.space, key: call.caller.key?.id,
                isOpen: call.caller === Caller.local)
        }
        let outcome = try await services.registry.push(
            model: call.name, space: call.space, files: files, metrics: order.metrics ?? [:], tags: order.tags ?? [:],
            gitCommit: order.gitCommit, dataset: order.dataset, run: order.run, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(
            PushResponse(version: VersionInfo(outcome.version), isNew: outcome.isNew),
            status: outcome.isNew ? .created : .ok)
    }

    /// For callers with nothing but `curl`: the body is the model file, what is known of it stands in the query
    /// (`metric.accuracy=0.93`, `tag.team=risk`, `git_commit`, `dataset`, `run`).
    private func uploadModel(_ call: ManagementRequest) async throws -> ManagementAPI.PushRequest {
        let file = try await spool(call)
        var order = ManagementAPI.PushRequest(files: [file])
        var metrics: [String: Double] = [:]
        var tags: [String: String] = [:]
        for (key, value) in call.request.uri.queryParameters {
            let value = String(value)
            if key.hasPrefix("metric.") {
                guard let number = Double(value) else {
                    throw ControlError(
                        .invalid, "\(key) must be a number, got '\(Name.excerpt(of: value))'", field: String(key))
                }
                metrics[String(key.dropFirst(7))] = number
            } else if key.hasPrefix("tag.") {
                tags[String(key.dropFirst(4))] = value
            } else if key == "git_commit" {
                order.gitCommit = value
            } else if key == "dataset" {
                order.dataset = value
            } else if key == "run" {
                guard let number = Int(value), number > 0 else {
                    throw ControlError(
                        .invalid, "run must be a number from 1, got '\(Name.excerpt(of: value))'", field: "run")
                }
                order.run = number
            } else {
                throw ControlError(
                    .invalid, "the query has '\(Name.excerpt(of: String(key)))', which means nothing here",
                    field: String(key), hint: "there are metric.NAME, tag.NAME, git_commit, dataset and run")
            }
        }
        order.metrics = metrics
        order.tags = tags
        return order
    }

    /// The digest is known only at the end, and blobs are received by digest: so the body is held until then, within the
    /// bound of what one call may push. Larger models go by digest, a piece at a time.
    private func spool(_ call: ManagementRequest) async throws -> FileEntry {
        let limit = 64 << 20
        let body: ByteBuffer
        do {
            body = try await call.request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw ControlError(
                .tooLarge, "a model of more than \(limit >> 20) MiB cannot be pushed in one call",
                hint: "use `slipway model push`, which streams it")
        }
        let bytes = Array(body.readableBytesView)
        guard !bytes.isEmpty else { throw ControlError(.invalid, "the body is empty: it must be the model file") }
        let sha256 = SHA256.hash(data: bytes).hexadecimal
        if try await services.blobs.contains(sha256, space: call.space) == nil {
            let upload = try await services.blobs.beginUpload(
                space: call.space, sha256: sha256, declaredSize: bytes.count, principal: call.principal)
            do {
                try await upload.append(bytes)
                _ = try await upload.finish()
            } catch {
                await upload.abandon()
                throw error
            }
        }
        return FileEntry(path: "model.onnx", sha256: sha256, size: bytes.count)
    }
}
