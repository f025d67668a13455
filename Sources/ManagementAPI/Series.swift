/// What an endpoint did in a window of time, as its time series has it.
public struct SeriesInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    /// The window, RFC 3339 in UTC: from the one on, before the other; both at whole steps.
    public var from: String
    public var to: String
    /// Seconds of one point.
    public var step: Int
    /// What all series of the endpoint take on disk.
    public var bytes: Int
    /// Of the whole window.
    public var total: SeriesCountsInfo
    /// By who did it; versions that did nothing are not there.
    public var versions: [SeriesVersionInfo]
    /// One for each step, in order.
    public var points: [SeriesPointInfo]

    public init(
        endpoint: String, space: String, from: String, to: String, step: Int, bytes: Int, total: SeriesCountsInfo,
        versions: [SeriesVersionInfo], points: [SeriesPointInfo]
    ) {
        self.endpoint = endpoint
        self.space = space
        self.from = from
        self.to = to
        self.step = step
        self.bytes = bytes
        self.total = total
        self.versions = versions
        self.points = points
    }
}

/// What one version did.
public struct SeriesVersionInfo: Codable, Sendable, Hashable {
    public var version: Int
    public var revision: Int
    /// Its name in a rollout.
    public var variant: String?
    public var counts: SeriesCountsInfo

    public init(version: Int, revision: Int, variant: String?, counts: SeriesCountsInfo) {
        self.version = version
        self.revision = revision
        self.variant = variant
        self.counts = counts
    }
}

/// One step of a window.
public struct SeriesPointInfo: Codable, Sendable, Hashable {
    /// When it begins, RFC 3339 in UTC.
    public var time: String
    /// `nil` where nothing was counted.
    public var counts: SeriesCountsInfo?

    public init(time: String, counts: SeriesCountsInfo?) {
        self.time = time
        self.counts = counts
    }
}

/// What was counted. Only what was asked for is there.
public struct SeriesCountsInfo: Codable, Sendable, Hashable {
    /// Predictions, answered or not.
    public var requests: Int?
    /// Those that were not answered.
    public var failures: Int?
    /// Those of them that were not the caller's doing.
    public var errors: Int?
    /// `failures` by why; kinds of which there were none are not there.
    public var kinds: [String: Int]?
    /// Rows that were predicted.
    public var rows: Int?
    /// Runs of the model.
    public var runs: Int?
    /// Runs by their rows (`1`, `2`, `4` for 3 and 4 ...), where requests share runs.
    public var runsByRows: [String: Int]?
    /// Of answered predictions: all of it, and by stage.
    public var latency: SeriesLatencyInfo?
    public var queue: SeriesLatencyInfo?
    public var compute: SeriesLatencyInfo?
    public var encode: SeriesLatencyInfo?
    /// The most that was seen of predictions that wait, and of the memory of the model.
    public var queueDepth: Int?
    public var memoryBytes: Int?
    /// Times that the model came into memory, failed to, and was let go of.
    public var loads: Int?
    public var loadFailures: Int?
    public var departures: Int?

    public init() {}
}

/// Durations in milliseconds.
public struct SeriesLatencyInfo: Codable, Sendable, Hashable {
    public var mean: Double
    /// Upper bounds: at most 28% above the exact quantile.
    public var p50: Double
    public var p90: Double
    public var p99: Double

    public init(mean: Double, p50: Double, p90: Double, p99: Double) {
        self.mean = mean
        self.p50 = p50
        self.p90 = p90
        self.p99 = p99
    }
}

/// What can be asked of a series.
public enum SeriesMetric: String, Codable, Sendable, Hashable, CaseIterable {
    /// `requests`, `failures`, `errors`, `kinds`.
    case requests
    /// `rows`, `runs`, `runsByRows`.
    case rows
    /// `latency`.
    case latency
    /// `queue`, `compute`, `encode`.
    case stages
    /// `queueDepth`, `memoryBytes`.
    case resources
    /// `loads`, `loadFailures`, `departures`.
    case loads
}
