/// What came of the truth that somebody sent.
public struct FeedbackAnswer: Codable, Sendable, Hashable {
    /// Why one item was not taken.
    public struct Refusal: Codable, Sendable, Hashable {
        /// Where it stands in what was sent, from 0.
        public var item: Int
        public var reason: String

        public init(item: Int, reason: String) {
            self.item = item
            self.reason = reason
        }
    }

    /// All that were not refused: the sum of the next five.
    public var accepted: Int
    /// Predictions that have their first truth, or more of it.
    public var joined: Int
    /// Their prediction is not in the ledger yet; they wait for it.
    public var waiting: Int
    /// The same truth as before.
    public var duplicates: Int
    /// Another truth than before, which it replaces.
    public var changed: Int
    /// Another truth than before, but known earlier: the later one stays.
    public var outdated: Int
    public var refused: Int
    /// The first few that were refused.
    public var refusals: [Refusal]
    /// Rows, not predictions, that have their first truth now.
    public var rows: Int

    public init(
        accepted: Int = 0, joined: Int = 0, waiting: Int = 0, duplicates: Int = 0, changed: Int = 0,
        outdated: Int = 0, refused: Int = 0, refusals: [Refusal] = [], rows: Int = 0
    ) {
        self.accepted = accepted
        self.joined = joined
        self.waiting = waiting
        self.duplicates = duplicates
        self.changed = changed
        self.outdated = outdated
        self.refused = refused
        self.refusals = refusals
        self.rows = rows
    }
}

/// One metric over some rows, and how sure it is.
public struct QualityFigureInfo: Codable, Sendable, Hashable {
    public var metric: String
    public var rows: Int
    /// `nil` where it is not defined for these rows.
    public var value: Double?
    /// The 95% interval, and how it was made: `wilson`, `bootstrap` or `groups`.
    public var low: Double?
    public var high: Double?
    public var method: String?
    public var remark: String?
    /// What the version was pushed with under this name.
    public var reference: Double?

    public init(
        metric: String, rows: Int, value: Double?, low: Double?, high: Double?, method: String?, remark: String?,
        reference: Double?
    ) {
        self.metric = metric
        self.rows = rows
        self.value = value
        self.low = low
        self.high = high
        self.method = method
        self.remark = remark
        self.reference = reference
    }
}

/// Figures of the rows that have one value of an input.
public struct QualitySegmentInfo: Codable, Sendable, Hashable {
    public var input: String
    public var value: String
    public var rows: Int
    public var figures: [QualityFigureInfo]

    public init(input: String, value: String, rows: Int, figures: [QualityFigureInfo]) {
        self.input = input
        self.value = value
        self.rows = rows
        self.figures = figures
    }
}

/// Figures over some rows of a version.
public struct QualityWindowInfo: Codable, Sendable, Hashable {
    /// `rows`: the newest rows whose truth is known; `hours`: those of the last hours.
    public var window: String
    /// How many rows, or hours.
    public var size: Int
    public var rows: Int
    /// Of the oldest and the newest prediction, RFC 3339 in UTC.
    public var from: String?
    public var to: String?
    public var figures: [QualityFigureInfo]
    public var segments: [QualitySegmentInfo]
    public var notes: [String]

    public init(
        window: String, size: Int, rows: Int, from: String?, to: String?, figures: [QualityFigureInfo],
        segments: [QualitySegmentInfo], notes: [String]
    ) {
        self.window = window
        self.size = size
        self.rows = rows
        self.from = from
        self.to = to
        self.figures = figures
        self.segments = segments
        self.notes = notes
    }
}

/// What is known of one version.
public struct VersionQualityInfo: Codable, Sendable, Hashable {
    public var version: Int
    /// Predictions in the ledger and their rows, and how many of those have their truth.
    public var predictions: Int
    public var rows: Int
    public var labelled: Int
    /// `classification` or `regression`; `nil` while no truth is known.
    public var task: String?
    public var windows: [QualityWindowInfo]

    public init(
        version: Int, predictions: Int, rows: Int, labelled: Int, task: String?, windows: [QualityWindowInfo]
    ) {
        self.version = version
        self.predictions = predictions
        self.rows = rows
        self.labelled = labelled
        self.task = task
        self.windows = windows
    }
}

/// How good an endpoint's predictions turned out to be.
public struct QualityInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    /// Whether the endpoint's monitor says how; else all of it was found out.
    public var configured: Bool
    /// Newest first.
    public var versions: [VersionQualityInfo]
    /// Items of feedback whose prediction is not in the ledger yet.
    public var waiting: Int
    /// Items that waited for a prediction that then had nothing to hold them against.
    public var unusable: Int

    public init(
        endpoint: String, space: String, configured: Bool, versions: [VersionQualityInfo], waiting: Int, unusable: Int
    ) {
        self.endpoint = endpoint
        self.space = space
        self.configured = configured
        self.versions = versions
        self.waiting = waiting
        self.unusable = unusable
    }
}
