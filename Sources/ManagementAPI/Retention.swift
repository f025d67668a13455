/// A version that was deleted. Its number never comes back.
public struct VersionDeletionInfo: Codable, Sendable, Hashable {
    public var model: String
    public var version: Int
    public var digest: String
    /// The space that no longer has it.
    public var space: String
    /// Whether it is gone altogether, or only from this space, where a promotion had brought it.
    public var isGone: Bool

    public init(model: String, version: Int, digest: String, space: String, isGone: Bool) {
        self.model = model
        self.version = version
        self.digest = digest
        self.space = space
        self.isGone = isGone
    }
}

/// What a collection removed: files that nothing referred to any more.
public struct CollectionReport: Codable, Sendable, Hashable {
    public var files: Int
    public var bytes: Int

    public init(files: Int, bytes: Int) {
        self.files = files
        self.bytes = bytes
    }
}
