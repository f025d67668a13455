package import Journal

/// What came of making predictions of a ledger again; bounded, however many there are.
package struct ReplayReport: Sendable, Hashable {
    /// Predictions or rows by how far the two answers are apart.
    package struct Compared: Sendable, Hashable {
        package var count = 0
        /// The same in every element.
        package var equal = 0
        /// Not the same, and within the tolerance.
        package var withinTolerance = 0
        /// Apart: beyond the tolerance in some element.
        package var apart = 0

        mutating func add(isApart: Bool, isEqual: Bool) {
            count += 1
            if isApart { apart += 1 } else if isEqual { equal += 1 } else { withinTolerance += 1 }
        }
    }

    package struct Output: Sendable, Hashable {
        package var name: String
        package var rows = Compared()
        /// Of two finite numbers.
        package var largestDifference = 0.0
        /// Over the rows, of the largest difference in each.
        package var meanDifference = 0.0
        /// Rows that are of another class now: the label, or the place of the largest of several numbers. `nil` where the
        /// output has no classes.
        package var classChanges: Int?
        /// The commonest of those changes.
        package var changes: [ClassChange] = []
        /// Predictions that were answered with it, though the version has no such output.
        package var missing = 0
        /// Predictions whose elements of it were hashed or left out.
        package var leftOut = 0
    }

    package struct ClassChange: Sendable, Hashable {
        package var from: String
        package var to: String
        package var rows: Int
    }

    package struct Skipped: Sendable, Hashable {
        package var reason: SkipReason
        package var predictions: Int
        /// What was wrong with the first of them, where the reason does not say it all.
        package var example: String?
    }

    /// Predictions that were answered once, and not when they were made again.
    package struct Failure: Sendable, Hashable {
        package var message: String
        package var predictions: Int
        /// The first of them.
        package var prediction: String
    }

    /// A prediction that is apart, by the row and output that are furthest.
    package struct Disagreement: Sendable, Hashable {
        package var prediction: String
        package var time: Timestamp
        /// What answered then.
        package var version: Int
        package var rows: Int
        package var rowsApart: Int
        package var row: Int
        package var output: String
        /// In multiples of what the tolerance allows; `nil` where no number says how far (labels, texts, another shape).
        package var badness: Double?
        /// The first elements of that row of the output.
        package var recorded: [String]
        package var replayed: [String]
    }

    /// Nanoseconds; `nil` where there are none.
    package struct Latency: Sendable, Hashable {
        package var p50: UInt64?
        package var p90: UInt64?
        package var p99: UInt64?
    }

    package var space: String
    package var endpoint: String
    package var model: String
    package var version: Int
    /// Predictions that were looked at: compared, failed and skipped.
    package var read = 0
    package var predictions = Compared()
    package var failed = 0
    package var rows = Compared()
    /// Rows that are of another class in some output; `nil` where no output has classes.
    package var classChanges: Int?
    package var oldest: Timestamp?
    package var newest: Timestamp?
    /// What answered then, by version: how many predictions were compared.
    package var answeredBy: [Int: Int] = [:]
    package var outputs: [Output] = []
    package var skipped: [Skipped] = []
    package var failures: [Failure] = []
    /// Furthest first.
    package var disagreements: [Disagreement] = []
    /// As the ledger has it: from decoding to the end of encoding.
    package var recordedLatency = Latency()
    /// In the model.
    package var replayedLatency = Latency()
    /// Places of the ledger that could not be read.
    package var damaged = 0
    /// Why it ended before all were made again; `nil` where it did not.
    package var stopped: String?

    /// Predictions that were not made again or could not be compared.
    package var skippedPredictions: Int { skipped.reduce(0) { $0 + $1.predictions } }
}

/// How far a replay is.
package struct ReplayProgress: Sendable, Hashable {
    package var read = 0
    package var compared = 0
    package var apart = 0

    package init() {}
}
