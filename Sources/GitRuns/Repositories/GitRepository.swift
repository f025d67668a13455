package import Journal

/// A Git repository that a space takes models from.
package struct GitRepository: Sendable, Hashable {
    /// Why nothing is begun from it.
    package struct Pause: Sendable, Hashable, Codable {
        package var by: String
        package var at: Timestamp
        package var reason: String

        package init(by: String, at: Timestamp, reason: String) {
            self.by = by
            self.at = at
            self.reason = reason
        }
    }

    /// The database's own: a name may be given again once its repository was removed.
    package var id: Int64
    package var name: String
    /// Where its versions are pushed.
    package var space: String
    package var url: String
    /// What a run is of that names nothing else.
    package var branch: String
    /// Other spaces that its runs may act in: promote into, deploy in, push data sets to. Who added it may deploy there.
    package var into: [String]
    package var pause: Pause?
    package var addedAt: Timestamp
    package var addedBy: String

    package init(
        id: Int64, name: String, space: String, url: String, branch: String, into: [String], pause: Pause? = nil,
        addedAt: Timestamp, addedBy: String
    ) {
        self.id = id
        self.name = name
        self.space = space
        self.url = url
        self.branch = branch
        self.into = into
        self.pause = pause
        self.addedAt = addedAt
        self.addedBy = addedBy
    }

    /// Whether its runs may act in the space.
    package func reaches(_ space: String) -> Bool { space == self.space || into.contains(space) }
}

/// A repository as somebody adds it, checked but for what the database decides.
package struct GitRepositoryDraft: Sendable, Hashable {
    /// Spaces in `into` at most.
    static let mostSpaces = 16

    package var name: String
    package var space: String
    package var url: String
    package var branch: String
    package var into: [String]

    /// Throws `invalid` for a name, an address or a branch that is none.
    package init(
        name: String, space: String, url: String, branch: String = "main", into: [String] = []
    ) throws(ControlError) {
        try Name.validate(name, field: "name")
        _ = try GitAddress(url)
        try GitReference.check(branch, field: "branch")
        guard into.count <= Self.mostSpaces else {
            throw ControlError(
                .invalid, "'into' names \(into.count) spaces, at most \(Self.mostSpaces)", field: "into")
        }
        for name in into { try Name.validate(name, field: "into") }
        self.name = name
        self.space = space
        self.url = url
        self.branch = branch
        self.into = Set(into).subtracting([space]).sorted()
    }
}
