/// What came of making predictions of a ledger again.
public struct ReplayReport: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    public var model: String
    /// What made them again.
    public var version: Int
    /// Predictions that were looked at: compared, failed and skipped.
    public var read: Int
    public var predictions: Compared
    /// Those that the version did not answer.
    public var failed: Int
    public var skippedPredictions: Int
    public var rows: Compared
    /// Rows that are of another class in some output; `nil` where no output has classes.
    public var classChanges: Int?
    public var oldest: String?
    public var newest: String?
    /// What answered then.
    public var answeredBy: [Answerer]
    public var outputs: [Output]
    public var skipped: [Skipped]
    public var failures: [Failure]
    /// Furthest first.
    public var disagreements: [Disagreement]
    /// From decoding to the end of encoding, as the ledger has it.
    public var recordedLatency: Latency
    /// In the model.
    public var replayedLatency: Latency
    /// Places of the ledger that could not be read.
    public var damaged: Int
    /// Why it ended early; `nil` where it did not.
    public var stopped: String?

    /// Predictions or rows by how far the two answers are apart.
    public struct Compared: Codable, Sendable, Hashable {
        public var count: Int
        /// The same in every element.
        public var equal: Int
        public var withinTolerance: Int
        /// Beyond the tolerance in some element.
        public var apart: Int

        public init(count: Int, equal: Int, withinTolerance: Int, apart: Int) {
            self.count = count
            self.equal = equal
            self.withinTolerance = withinTolerance
            self.apart = apart
        }
    }

    public struct Output: Codable, Sendable, Hashable {
        public var name: String
        public var rows: Compared
        /// Of two finite numbers.
        public var largestDifference: Double
        /// Over the rows, of the largest difference in each.
        public var meanDifference: Double
        /// Rows of another class; `nil` where the output has no classes.
        public var classChanges: Int?
        /// The ten commonest.
        public var changes: [ClassChange]
        /// Predictions that were answered with it, though the version has no such output.
        public var missing: Int
        /// Predictions whose elements of it were not kept.
        public var leftOut: Int

        public init(
            name: String, rows: Compared, largestDifference: Double, meanDifference: Double,
            classChanges: Int? = nil, changes: [ClassChange], missing: Int, leftOut: Int
        ) {
            self.name = name
            self.rows = rows
            self.largestDifference = largestDifference
            self.meanDifference = meanDifference
            self.classChanges = classChanges
            self.changes = changes
            self.missing = missing
            self.leftOut = leftOut
        }
    }

    public struct ClassChange: Codable, Sendable, Hashable {
        public var from: String
        public var to: String
        public var rows: Int

        public init(from: String, to: String, rows: Int) {
            self.from = from
            self.to = to
            self.rows = rows
        }
    }

    /// Predictions that were not made again or could not be compared, by reason.
    public struct Skipped: Codable, Sendable, Hashable {
        public var reason: String
        public var predictions: Int
        /// What was wrong with the first.
        public var example: String?

        public init(reason: String, predictions: Int, example: String? = nil) {
            self.reason = reason
            self.predictions = predictions
            self.example = example
        }
    }

    /// Predictions that the version did not answer, by message.
    public struct Failure: Codable, Sendable, Hashable {
        public var message: String
        public var predictions: Int
        /// The first.
        public var prediction: String

        public init(message: String, predictions: Int, prediction: String) {
            self.message = message
            self.predictions = predictions
            self.prediction = prediction
        }
    }

    /// A prediction that is apart, by the row and output that are furthest.
    public struct Disagreement: Codable, Sendable, Hashable {
        public var prediction: String
        public var time: String
        /// What answered then.
        public var version: Int
        public var rows: Int
        public var rowsApart: Int
        public var row: Int
        public var output: String
        /// In multiples of what the tolerance allows; `nil` where no number says how far.
        public var badness: Double?
        public var recorded: [String]
        public var replayed: [String]

        public init(
            prediction: String, time: String, version: Int, rows: Int, rowsApart: Int, row: Int, output: String,
            badness: Double? = nil, recorded: [String], replayed: [String]
        ) {
            self.prediction = prediction
            self.time = time
            self.version = version
            self.rows = rows
            self.rowsApart = rowsApart
            self.row = row
            self.output = output
            self.badness = badness
            self.recorded = recorded
            self.replayed = replayed
        }
    }

    /// Milliseconds; upper bounds of buckets. `nil` where there are none.
    public struct Latency: Codable, Sendable, Hashable {
        public var p50: Double?
        public var p90: Double?
        public var p99: Double?

        public init(p50: Double? = nil, p90: Double? = nil, p99: Double? = nil) {
            self.p50 = p50
            self.p90 = p90
            self.p99 = p99
        }
    }

    public struct Answerer: Codable, Sendable, Hashable {
        public var version: Int
        public var predictions: Int

        public init(version: Int, predictions: Int) {
            self.version = version
            self.predictions = predictions
        }
    }

    public init(
        endpoint: String, space: String, model: String, version: Int, read: Int, predictions: Compared, failed: Int,
        skippedPredictions: Int, rows: Compared, classChanges: Int? = nil, oldest: String? = nil,
        newest: String? = nil, answeredBy: [Answerer], outputs: [Output], skipped: [Skipped], failures: [Failure],
        disagreements: [Disagreement], recordedLatency: Latency, replayedLatency: Latency, damaged: Int,
        stopped: String? = nil
    ) {
        self.endpoint = endpoint
        self.space = space
        self.model = model
        self.version = version
        self.read = read
        self.predictions = predictions
        self.failed = failed
        self.skippedPredictions = skippedPredictions
        self.rows = rows
        self.classChanges = classChanges
        self.oldest = oldest
        self.newest = newest
        self.answeredBy = answeredBy
        self.outputs = outputs
        self.skipped = skipped
        self.failures = failures
        self.disagreements = disagreements
        self.recordedLatency = recordedLatency
        self.replayedLatency = replayedLatency
        self.damaged = damaged
        self.stopped = stopped
    }
}
