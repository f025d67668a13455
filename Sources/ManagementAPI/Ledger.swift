/// How much of an endpoint's predictions is written down, and since when.
public struct LedgerInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    /// What the deployment says of it; `nil` while nothing is written down.
    public var options: LedgerOptions?
    /// Predictions that are there.
    public var rows: Int
    /// What they take on disk, in bytes.
    public var bytes: Int
    public var files: Int
    /// Of the oldest and the newest prediction, RFC 3339 in UTC; `nil` where there is none.
    public var oldest: String?
    public var newest: String?
    /// Places in the files where bytes are not what was written.
    public var damaged: Int
    /// Written down since the server started.
    public var recorded: Int
    /// Dropped since then: because too many waited, and because the disk did not take them.
    public var droppedQueue: Int
    public var droppedDisk: Int

    public init(
        endpoint: String, space: String, options: LedgerOptions?, rows: Int, bytes: Int, files: Int, oldest: String?,
        newest: String?, damaged: Int, recorded: Int, droppedQueue: Int, droppedDisk: Int
    ) {
        self.endpoint = endpoint
        self.space = space
        self.options = options
        self.rows = rows
        self.bytes = bytes
        self.files = files
        self.oldest = oldest
        self.newest = newest
        self.damaged = damaged
        self.recorded = recorded
        self.droppedQueue = droppedQueue
        self.droppedDisk = droppedDisk
    }
}

/// Whose predictions are to be deleted.
public struct ForgetRequest: Codable, Sendable, Hashable {
    /// An input or an output.
    public var field: String
    /// A value of it as text; a prediction with an element that is this goes as a whole.
    public var equals: String

    public init(field: String, equals: String) {
        self.field = field
        self.equals = equals
    }
}

/// What was deleted.
public struct ForgetAnswer: Codable, Sendable, Hashable {
    /// Predictions that were deleted.
    public var rows: Int
    /// Predictions that had the field.
    public var withField: Int
    /// Of those, the ones whose values were never written down: nobody can tell whose they are, and they stay.
    public var unreadable: Int
    /// Places that could not be read; where a file was written anew, they are gone.
    public var damaged: Int

    public init(rows: Int, withField: Int, unreadable: Int, damaged: Int) {
        self.rows = rows
        self.withField = withField
        self.unreadable = unreadable
        self.damaged = damaged
    }
}
