/// How fast a version must answer, and how much slower than the champion it may be.
package struct LatencyRule: Sendable, Hashable {
    /// Where the requests come from.
    package enum Source: String, Sendable, Hashable, Codable, CaseIterable {
        /// The candidate's own `golden.json`.
        case golden
        /// Rows of a data set of the target space.
        case dataset
        /// Zeros and empty strings.
        case madeUp
    }

    /// `nil` for the data set where one is named, else for golden requests where the candidate has them, else made up.
    package var requests: Source?
    package var dataset: DataSetName?
    /// A column of the data set that is no input.
    package var target: String?
    package var mapping: ColumnMapping
    /// Rows of the data set in one request.
    package var rowsPerRequest: Int

    package var maxP50Milliseconds: Double?
    package var maxP99Milliseconds: Double?
    package var minRequestsPerSecond: Double?
    package var minRowsPerSecond: Double?
    /// Of the candidate's figure to the champion's.
    package var maxP50Ratio: Double?
    package var maxP99Ratio: Double?
    package var minThroughputRatio: Double?

    /// Requests at once to each version.
    package var callers: Int
    /// Requests to each version before anything counts.
    package var warmUp: Int
    /// For measuring, both versions together.
    package var seconds: Int
    /// Requests to each version after which it is enough.
    package var maximumRequests: Int
    /// Requests to each version under which nothing can be said.
    package var minimumRequests: Int
    package var confidence: Double
    package var resamples: Int
    package var timeoutSeconds: Int

    package init(
        requests: Source? = nil, dataset: DataSetName? = nil, target: String? = nil,
        mapping: ColumnMapping = ColumnMapping(), rowsPerRequest: Int = 1, maxP50Milliseconds: Double? = nil,
        maxP99Milliseconds: Double? = nil, minRequestsPerSecond: Double? = nil, minRowsPerSecond: Double? = nil,
        maxP50Ratio: Double? = nil, maxP99Ratio: Double? = nil, minThroughputRatio: Double? = nil, callers: Int = 1,
        warmUp: Int = 50, seconds: Int = 10, maximumRequests: Int = 20_000, minimumRequests: Int = 100,
        confidence: Double = 0.95, resamples: Int = 1000, timeoutSeconds: Int = 300
    ) {
        self.requests = requests
        self.dataset = dataset
        self.target = target
        self.mapping = mapping
        self.rowsPerRequest = rowsPerRequest
        self.maxP50Milliseconds = maxP50Milliseconds
        self.maxP99Milliseconds = maxP99Milliseconds
        self.minRequestsPerSecond = minRequestsPerSecond
        self.minRowsPerSecond = minRowsPerSecond
        self.maxP50Ratio = maxP50Ratio
        self.maxP99Ratio = maxP99Ratio
        self.minThroughputRatio = minThroughputRatio
        self.callers = callers
        self.warmUp = warmUp
        self.seconds = seconds
        self.maximumRequests = maximumRequests
        self.minimumRequests = minimumRequests
        self.confidence = confidence
        self.resamples = resamples
        self.timeoutSeconds = timeoutSeconds
    }

    var comparesWithChampion: Bool { maxP50Ratio != nil || maxP99Ratio != nil || minThroughputRatio != nil }
}
