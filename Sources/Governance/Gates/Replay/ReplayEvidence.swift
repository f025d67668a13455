package import Journal
package import Registry
package import Serving

/// Which predictions a candidate is to make again.
package struct ReplayQuestion: Sendable {
    package var candidate: ModelVersion
    package var space: String
    /// `nil` for the only one that has predictions of the model.
    package var endpoint: String?
    /// Those that answered; empty for all.
    package var versions: Set<Int>
    /// One whose answers are not wanted.
    package var exceptVersion: Int?
    /// How many, of the newest.
    package var newest: Int
    package var tolerance: ShadowPlan.Tolerance
    package var seconds: Int
}

/// What came of it.
package struct ReplayFinding: Sendable, Hashable {
    package struct Skipped: Sendable, Hashable {
        package var reason: String
        package var predictions: Int

        package init(reason: String, predictions: Int) {
            self.reason = reason
            self.predictions = predictions
        }
    }

    package struct Output: Sendable, Hashable {
        package var name: String
        package var largestDifference: Double

        package init(name: String, largestDifference: Double) {
            self.name = name
            self.largestDifference = largestDifference
        }
    }

    package var endpoint: String
    /// Predictions that were looked at.
    package var read: Int
    /// Of those, the ones that both answered, and those of them that are apart.
    package var compared: Int
    package var apart: Int
    /// Those that the candidate did not answer.
    package var failed: Int
    package var rows: Int
    /// Rows of another class; `nil` where there are no classes.
    package var classChanges: Int?
    package var skipped: [Skipped]
    /// Versions that answered then.
    package var answeredBy: [Int]
    package var outputs: [Output]
    package var oldest: Timestamp?
    package var newest: Timestamp?
    /// Ids of the predictions that are furthest apart.
    package var worst: [String]
    /// Why the first of those failed.
    package var failure: String?
    /// Why it ended early; `nil` where it did not.
    package var stopped: String?

    package init(
        endpoint: String, read: Int, compared: Int, apart: Int, failed: Int, rows: Int, classChanges: Int? = nil,
        skipped: [Skipped] = [], answeredBy: [Int] = [], outputs: [Output] = [], oldest: Timestamp? = nil,
        newest: Timestamp? = nil, worst: [String] = [], failure: String? = nil, stopped: String? = nil
    ) {
        self.endpoint = endpoint
        self.read = read
        self.compared = compared
        self.apart = apart
        self.failed = failed
        self.rows = rows
        self.classChanges = classChanges
        self.skipped = skipped
        self.answeredBy = answeredBy
        self.outputs = outputs
        self.oldest = oldest
        self.newest = newest
        self.worst = worst
        self.failure = failure
        self.stopped = stopped
    }
}

/// Who can have old predictions made again.
package protocol ReplayEvidence: Sendable {
    /// `nil` where no endpoint of the space has predictions of the model. Ends early when its task is cancelled.
    func finding(
        _ question: ReplayQuestion, progress: @escaping @Sendable (String) -> Void
    ) async throws(ControlError) -> ReplayFinding?
}
