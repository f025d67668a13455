package import Journal
package import Serving
package import Tensors

/// A model's row: who owns the name.
package struct ModelRecord: Sendable, Hashable {
    package let name: String
    /// The space whose name it is; names are unique across the server.
    package let owner: String
    /// The highest version number there ever was; 0 before the first.
    package let latestNumber: Int

    package init(name: String, owner: String, latestNumber: Int) {
        self.name = name
        self.owner = owner
        self.latestNumber = latestNumber
    }
}

/// A version that is about to be stored.
package struct VersionDraft: Sendable, Hashable {
    package var model: String
    /// The model's `latestNumber` and one.
    package var number: Int
    package var artifact: ArtifactReference
    /// Bytes of all files.
    package var size: Int
    package var description: ModelDescription
    package var provenance: Provenance
    package var arrival: VersionArrival?

    package init(
        model: String, number: Int, artifact: ArtifactReference, size: Int, description: ModelDescription,
        provenance: Provenance, arrival: VersionArrival? = nil
    ) {
        self.model = model
        self.number = number
        self.artifact = artifact
        self.size = size
        self.description = description
        self.provenance = provenance
        self.arrival = arrival
    }
}

/// What the Registry needs of the database.
package protocol RegistryTransaction {
    func hasSpace(_ name: String) throws -> Bool
    /// Where the space takes versions from, by promotion only; empty for a space that takes pushes.
    func promotionSources(of space: String) throws -> [String]
    /// Whichever space owns it; `nil` when the name is free.
    func model(named name: String) throws -> ModelRecord?
    /// The number of the version of `model` with this digest.
    func versionNumber(model: String, digest: String) throws -> Int?
    /// The blobs of these that the space holds, with their sizes.
    func heldBlobs(_ digests: Set<String>, space: String) throws -> [String: Int]

    /// Gives the name to the space `owner`, with no version yet.
    func insertModel(_ name: String, owner: String, by principal: Principal) throws
    /// Stores the version with its files and makes it available in `space`.
    func insertVersion(_ draft: VersionDraft, space: String, by principal: Principal) throws

    /// What the version, which is available in `space`, is needed for: there, and by other spaces that have it.
    func holds(on model: String, number: Int, space: String) throws -> [VersionHold]
    /// Takes the version and its files away from everywhere; what remains is what the history of deployments names.
    func deleteVersion(model: String, number: Int, by principal: Principal) throws
    /// Makes the version unavailable in a space.
    func withdrawVersion(model: String, number: Int, from space: String) throws

    /// A version that is available in `space`; the latest such when `number` is `nil`.
    func version(model: String, number: Int?, space: String) throws -> ModelVersion?
    /// Newest first, those older than `before`, at most `limit`.
    func versions(model: String, space: String, before: Int?, limit: Int) throws -> [VersionSummary]
    /// In the order of names, those after `after`, at most `limit`.
    func models(space: String, after: String?, limit: Int) throws -> [ModelSummary]
    /// `nil` when no version of it is available in `space`.
    func modelSummary(_ name: String, space: String) throws -> ModelSummary?
}

/// Where Registry keeps what it remembers.
package typealias RegistryUnitOfWork = any UnitOfWork<any RegistryTransaction>
