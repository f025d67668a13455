import Journal
import Serving
import Tensors

/// What is kept of a push under its idempotency key.
struct PushAnswer: Codable, Sendable {
    let number: Int
    let isNew: Bool
}

/// A push whose every field was checked, with the rules that the database decides.
struct PushRequest: Sendable {
    let model: String
    let space: String
    let manifest: Manifest
    /// As the caller called it: for messages. `nil` for what is stored and never opened.
    let modelFile: String?
    let provenance: Provenance
    var arrival: VersionArrival?

    /// For the hash that an idempotency key is bound to.
    var canonical: [String] {
        var parts = ["version.push", space, model, manifest.digest]
        for (name, value) in provenance.metrics.sorted(by: { $0.key < $1.key }) { parts += [name, value.description] }
        parts.append("tags")
        for (name, value) in provenance.tags.sorted(by: { $0.key < $1.key }) { parts += [name, value] }
        parts += [provenance.gitCommit ?? "", provenance.dataset ?? ""]
        if let run = provenance.run { parts += ["run", String(run)] }
        if let run = provenance.gitRun { parts += ["gitRun", String(run)] }
        if let arrival { parts += ["source", arrival.origin.source] }
        return parts
    }

    /// Throws when this push cannot become a version; returns the version that has these bytes already.
    func admit(_ transaction: any RegistryTransaction) throws -> PushAnswer? {
        guard try transaction.hasSpace(space) else {
            throw ControlError.spaceNotFound(space)
        }
        try RegistryService.admit(space, of: model, transaction)
        if let record = try transaction.model(named: model), record.owner != space {
            throw ControlError(
                .conflict, "the model name '\(model)' is taken", field: "model", hint: "choose another name")
        }
        try requireBlobs(transaction)
        guard let number = try transaction.versionNumber(model: model, digest: manifest.digest) else { return nil }
        return PushAnswer(number: number, isNew: false)
    }

    private func requireBlobs(_ transaction: any RegistryTransaction) throws {
        let held = try transaction.heldBlobs(Set(manifest.files.map(\.sha256)), space: space)
        for file in manifest.files {
            guard let size = held[file.sha256] else {
                throw ControlError(
                    .invalid, "the bytes of '\(file.path)' (\(file.sha256)) have not been uploaded", field: "files",
                    hint: "upload the blob, then ask for the version again")
            }
            guard size == file.size else {
                throw ControlError(
                    .invalid, "'\(file.path)' has \(size) bytes, not \(file.size)", field: "files")
            }
        }
    }

    /// The unit of work: decides again, since anything may have happened while the checker ran.
    func insert(
        _ reference: ArtifactReference, _ description: ModelDescription, principal: Principal,
        into transaction: any RegistryTransaction
    ) throws -> Change<PushAnswer> {
        if let known = try admit(transaction) { return Change(known, event: nil) }
        let record = try transaction.model(named: model)
        if record == nil { try transaction.insertModel(model, owner: space, by: principal) }
        let number = (record?.latestNumber ?? 0) + 1
        try transaction.insertVersion(
            VersionDraft(
                model: model, number: number, artifact: reference, size: manifest.totalSize, description: description,
                provenance: provenance, arrival: arrival),
            space: space, by: principal)
        var detail = [
            "digest": manifest.digest, "files": String(manifest.files.count), "bytes": String(manifest.totalSize),
        ]
        detail["run"] = provenance.run.map { String($0) }
        detail["gitRun"] = provenance.gitRun.map { String($0) }
        if let origin = arrival?.origin {
            detail["source"] = Name.excerpt(of: origin.source, limit: 256)
            detail["mlflowRun"] = origin.run
            detail["undeployable"] = origin.undeployable
        }
        return Change(
            PushAnswer(number: number, isNew: true),
            event: AuditDraft(action: "version.push", subject: "\(model):\(number)", detail: detail))
    }
}

extension RegistryService {
    /// Throws `refused` where versions come by promotion only.
    static func admit(
        _ space: String, of model: String = "MODEL", _ transaction: any RegistryTransaction
    ) throws {
        let sources = try transaction.promotionSources(of: space)
        guard let first = sources.first else { return }
        throw ControlError(
            .refused, "space '\(space)' takes versions by promotion only, from \(sources.joined(separator: ", "))",
            field: "space", hint: "push it there, then `slipway promote \(model):VERSION --from \(first) --to \(space)`"
        )
    }
}
