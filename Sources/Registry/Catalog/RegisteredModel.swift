package import Journal

/// A model with what people have written beside it, as it is seen from one space. It need not have a version yet.
package struct RegisteredModel: Sendable, Hashable {
    package let name: String
    /// The space whose name it is.
    package let owner: String
    package var description: String
    package var tags: [String: String]
    /// Version numbers by alias, of the space that looks.
    package var aliases: [String: Int]
    /// The highest number that is available in the space that looks; `nil` where none is.
    package let latest: Int?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let createdBy: String

    package init(
        name: String, owner: String, description: String, tags: [String: String], aliases: [String: Int], latest: Int?,
        createdAt: Timestamp, updatedAt: Timestamp, createdBy: String
    ) {
        self.name = name
        self.owner = owner
        self.description = description
        self.tags = tags
        self.aliases = aliases
        self.latest = latest
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
    }
}

/// A version with what people have written beside it, as it is seen from one space.
package struct CatalogVersion: Sendable, Hashable {
    package let model: String
    package let number: Int
    package let digest: String
    package let provenance: Provenance
    /// `nil` for what did not come through MLflow's door.
    package let origin: VersionOrigin?
    package var description: String
    /// The tags that it was pushed with, as they were changed since.
    package var tags: [String: String]
    /// Of the space that looks, sorted.
    package var aliases: [String]
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let createdBy: String

    package init(
        model: String, number: Int, digest: String, provenance: Provenance, origin: VersionOrigin?, description: String,
        tags: [String: String], aliases: [String], createdAt: Timestamp, updatedAt: Timestamp, createdBy: String
    ) {
        self.model = model
        self.number = number
        self.digest = digest
        self.provenance = provenance
        self.origin = origin
        self.description = description
        self.tags = tags
        self.aliases = aliases
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.createdBy = createdBy
    }
}
