/// Which predictions of an endpoint's ledger are to be made again, and by which version.
public struct ReplayRequest: Codable, Sendable, Hashable {
    /// Of the endpoint's model; available in the space.
    public var version: Int
    /// From this moment on, and before the other: RFC 3339 in UTC, or a day.
    public var from: String?
    public var to: String?
    /// Only what these versions answered.
    public var versions: [Int]?
    /// Only what this variant of a rollout answered.
    public var variant: String?
    /// How many, the newest; 10,000 unless given.
    public var limit: Int?
    /// How far two numbers may be apart.
    public var tolerance: ReplayTolerance?
    /// The same for single outputs, by name.
    public var tolerances: [String: ReplayTolerance]?
    /// Predictions that the report tells one by one, those furthest apart; 20 unless given.
    public var listed: Int?
    /// Whether each prediction comes as a line of its own.
    public var rows: Bool?

    public init(
        version: Int, from: String? = nil, to: String? = nil, versions: [Int]? = nil, variant: String? = nil,
        limit: Int? = nil, tolerance: ReplayTolerance? = nil, tolerances: [String: ReplayTolerance]? = nil,
        listed: Int? = nil, rows: Bool? = nil
    ) {
        self.version = version
        self.from = from
        self.to = to
        self.versions = versions
        self.variant = variant
        self.limit = limit
        self.tolerance = tolerance
        self.tolerances = tolerances
        self.listed = listed
        self.rows = rows
    }
}

/// `absolute`, and `relative` times what was answered then.
public struct ReplayTolerance: Codable, Sendable, Hashable {
    /// 0.0001 unless given.
    public var relative: Double?
    /// 0.000001 unless given.
    public var absolute: Double?

    public init(relative: Double? = nil, absolute: Double? = nil) {
        self.relative = relative
        self.absolute = absolute
    }
}

/// One line of a replay's answer, but for rows: exactly one member is there.
public struct ReplayLine: Codable, Sendable, Hashable {
    public var progress: ReplayProgressInfo?
    /// The last line.
    public var report: ReplayReport?
    /// The last line where the server could not go on.
    public var error: APIError?

    public init(progress: ReplayProgressInfo? = nil, report: ReplayReport? = nil, error: APIError? = nil) {
        self.progress = progress
        self.report = report
        self.error = error
    }
}

/// How far a replay is.
public struct ReplayProgressInfo: Codable, Sendable, Hashable {
    /// Predictions that were looked at.
    public var read: Int
    /// Of those, the ones that were compared.
    public var compared: Int
    /// Of those, the ones that are apart.
    public var apart: Int

    public init(read: Int, compared: Int, apart: Int) {
        self.read = read
        self.compared = compared
        self.apart = apart
    }
}
