package import Journal

/// What is in a folder of artifacts.
package enum ArtifactItem: Sendable, Hashable {
    case folder(name: String)
    case file(name: String, size: Int)

    package var name: String {
        switch self {
        case .folder(let name), .file(let name, _): name
        }
    }
}

/// How other rooms read artifacts: the registry takes a version's files from here.
package protocol ArtifactReading: Sendable {
    /// All artifacts at or below a path, however deep, by path.
    func entries(at place: ArtifactPath, space: String) async throws(ControlError) -> [ArtifactEntry]
    /// One artifact with its digest and size; `notFound` where there is none.
    func entry(at place: ArtifactPath, space: String) async throws(ControlError) -> ArtifactEntry
    func open(_ entry: ArtifactEntry) async throws(ControlError) -> any ArtifactFile
}

/// Artifacts of runs and logged models.
package final class ArtifactService: Sendable {
    /// Artifacts that one answer may be about.
    package static let maximumEntries = 100_000

    private let store: TrackingUnitOfWork
    private let storage: any ArtifactStorage

    package init(store: TrackingUnitOfWork, storage: any ArtifactStorage) {
        self.store = store
        self.storage = storage
    }

    /// Begins to store an artifact.
    ///
    /// Errors: `invalid` (the path is a folder, or goes through a file; a deleted run), `notFound` (owner), `tooLarge`,
    /// `storageFull`.
    package func beginUpload(
        to place: ArtifactPath, space: String, declaredSize: Int?, principal: Principal
    ) async throws(ControlError) -> any ArtifactUpload {
        guard !place.path.isEmpty else {
            throw ControlError(.invalid, "the path names no artifact, only whose it would be", field: "path")
        }
        try await store.read { try Self.admit(place, space, $0) }
        return try await storage.beginArtifact(place, space: space, declaredSize: declaredSize, principal: principal)
    }

    /// Whether an artifact can come to be there; asked before its bytes come, and again when they have come.
    package static func admit(
        _ place: ArtifactPath, _ space: String, _ transaction: any TrackingTransaction
    ) throws {
        try checkOwner(place, space, transaction, mayBeDeleted: false)
        try checkRoom(for: place, transaction)
    }

    /// What is directly in a folder, by name. For an artifact itself the artifact, as MLflow's server answers.
    package func list(_ place: ArtifactPath, space: String) async throws(ControlError) -> [ArtifactItem] {
        let entries = try await entries(at: place, space: space)
        let prefix = place.path.isEmpty ? "" : place.path + "/"
        var items: [ArtifactItem] = []
        for entry in entries {
            guard entry.path.hasPrefix(prefix) else {
                let name = entry.path.split(separator: "/").last.map(String.init) ?? entry.path
                return [.file(name: name, size: entry.size)]
            }
            let rest = entry.path.dropFirst(prefix.count)
            if let slash = rest.firstIndex(of: "/") {
                let folder = ArtifactItem.folder(name: String(rest[..<slash]))
                if items.last != folder { items.append(folder) }
            } else {
                items.append(.file(name: String(rest), size: entry.size))
            }
        }
        return items.sorted { $0.name < $1.name }
    }

    /// Removes an artifact, or a folder with all in it.
    package func remove(
        _ place: ArtifactPath, space: String, principal: Principal
    ) async throws(ControlError) {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            try Self.checkOwner(place, space, transaction, mayBeDeleted: true)
            let count = try transaction.removeArtifacts(place.path, of: place.owner)
            guard count > 0 else { throw Self.notFound(place) }
            return Change(
                count,
                event: AuditDraft(
                    action: "tracking.clear", subject: place.owner.id,
                    detail: ["path": place.path, "artifacts": "\(count)"]))
        }
    }

    /// Whose artifacts they are must be of this space, and of the experiment that the path says.
    private static func checkOwner(
        _ place: ArtifactPath, _ space: String, _ transaction: any TrackingTransaction, mayBeDeleted: Bool
    ) throws {
        switch place.owner {
        case .run(let id):
            guard let run = try transaction.runFacts(id, space: space), run.experiment == place.experiment else {
                throw ControlError.runNotFound(id)
            }
            guard mayBeDeleted || !run.isDeleted else { throw ControlError.notActive("run \(id)", "run_id") }
        case .model(let id):
            guard let model = try transaction.loggedModelAlone(id, space: space), model.experiment == place.experiment,
                mayBeDeleted || !model.isDeleted
            else { throw ControlError.loggedModelNotFound(id) }
        }
    }

    /// A path is an artifact or a folder, never both.
    private static func checkRoom(for place: ArtifactPath, _ transaction: any TrackingTransaction) throws {
        if try !transaction.artifacts(below: place.path, of: place.owner, limit: 1).isEmpty {
            throw ControlError(.invalid, "'\(place.path)' is a folder of artifacts already", field: "path")
        }
        var folder = ""
        for piece in place.path.split(separator: "/").dropLast() {
            folder += folder.isEmpty ? String(piece) : "/" + piece
            if try transaction.artifact(folder, of: place.owner) != nil {
                throw ControlError(.invalid, "'\(folder)' is an artifact: nothing can be below it", field: "path")
            }
        }
    }

    fileprivate static func notFound(_ place: ArtifactPath) -> ControlError {
        ControlError(
            .notFound, "there is no artifact '\(Name.excerpt(of: place.path, limit: 200))' of \(place.owner.id)",
            field: "path")
    }
}

extension ArtifactService: ArtifactReading {
    package func entries(at place: ArtifactPath, space: String) async throws(ControlError) -> [ArtifactEntry] {
        try await store.read { transaction in
            try Self.checkOwner(place, space, transaction, mayBeDeleted: true)
            if !place.path.isEmpty, let entry = try transaction.artifact(place.path, of: place.owner) { return [entry] }
            let found = try transaction.artifacts(
                below: place.path, of: place.owner, limit: Self.maximumEntries + 1)
            guard found.count <= Self.maximumEntries else {
                throw ControlError(
                    .tooLarge, "there are more than \(Self.maximumEntries) artifacts below '\(place.path)'",
                    field: "path",
                    hint: "name a folder further down")
            }
            return found
        }
    }

    package func entry(at place: ArtifactPath, space: String) async throws(ControlError) -> ArtifactEntry {
        let found = try await store.read { transaction in
            try Self.checkOwner(place, space, transaction, mayBeDeleted: true)
            return try transaction.artifact(place.path, of: place.owner)
        }
        guard let found else { throw Self.notFound(place) }
        return found
    }

    package func open(_ entry: ArtifactEntry) async throws(ControlError) -> any ArtifactFile {
        try await storage.openArtifact(entry)
    }
}
