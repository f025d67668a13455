/// What a shadow candidate's answers were like beside those that callers got. Counts only ever grow, for as long as the
/// rollout is open and the server runs.
package struct ShadowReading: Sendable, Hashable, Codable {
    package static let worstKept = 20

    package var rollout: Int
    /// The candidate's.
    package var variant: String
    /// Requests that were to be mirrored.
    package var mirrored: UInt64
    /// Of those, the ones that found the queue full, or the candidate not in memory.
    package var dropped: UInt64
    /// Of those, the ones that the candidate failed to answer.
    package var errors: UInt64
    /// What the candidate said last when it failed, or why it could not be loaded.
    package var lastError: String?
    /// Requests, and their rows, that both have answered.
    package var compared: Compared
    /// By output, in the order of the signature.
    package var outputs: [Output]
    /// By value of the segment input; at most `ShadowTally.segmentsKept`, further ones together under `nil`.
    package var segments: [Segment]
    /// Worst first.
    package var worst: [WorstRow]
    /// By the bounds of `LatencyHistogram`: requests that both have answered, in the model.
    package var primaryLatency: [UInt64]
    package var candidateLatency: [UInt64]

    package struct Compared: Sendable, Hashable, Codable {
        package var requests: UInt64
        /// Requests with a row that disagrees.
        package var requestsApart: UInt64
        package var rows: UInt64
        /// Rows of which some output is apart by more than its tolerance.
        package var rowsApart: UInt64

        package init(requests: UInt64 = 0, requestsApart: UInt64 = 0, rows: UInt64 = 0, rowsApart: UInt64 = 0) {
            self.requests = requests
            self.requestsApart = requestsApart
            self.rows = rows
            self.rowsApart = rowsApart
        }
    }

    package struct Output: Sendable, Hashable, Codable {
        package var name: String
        package var rows: UInt64
        package var rowsApart: UInt64
        /// The largest difference of two finite numbers; 0 where there are none.
        package var largestDifference: Double
        /// Of the largest difference in each row.
        package var meanDifference: Double

        package init(
            name: String, rows: UInt64 = 0, rowsApart: UInt64 = 0, largestDifference: Double = 0,
            meanDifference: Double = 0
        ) {
            self.name = name
            self.rows = rows
            self.rowsApart = rowsApart
            self.largestDifference = largestDifference
            self.meanDifference = meanDifference
        }
    }

    package struct Segment: Sendable, Hashable, Codable {
        /// `nil` for all those that came too late for a line of their own.
        package var value: String?
        package var rows: UInt64
        package var rowsApart: UInt64

        package init(value: String?, rows: UInt64 = 0, rowsApart: UInt64 = 0) {
            self.value = value
            self.rows = rows
            self.rowsApart = rowsApart
        }
    }

    /// One row with both answers.
    package struct WorstRow: Sendable, Hashable, Codable {
        /// The answer that the caller got, and which of its rows.
        package var prediction: String
        package var row: Int
        package var segment: String?
        /// The output that is furthest apart, in multiples of what its tolerance allows; infinite where no number says
        /// how far (texts, a NaN, another shape), written as the largest number there is.
        package var output: String
        package var badness: Double
        /// The first elements of that output's row.
        package var primary: [String]
        package var candidate: [String]

        package init(
            prediction: String, row: Int, segment: String?, output: String, badness: Double, primary: [String],
            candidate: [String]
        ) {
            self.prediction = prediction
            self.row = row
            self.segment = segment
            self.output = output
            self.badness = badness
            self.primary = primary
            self.candidate = candidate
        }
    }

    package init(
        rollout: Int, variant: String, mirrored: UInt64 = 0, dropped: UInt64 = 0, errors: UInt64 = 0,
        lastError: String? = nil, compared: Compared = Compared(), outputs: [Output] = [], segments: [Segment] = [],
        worst: [WorstRow] = [], primaryLatency: [UInt64] = [], candidateLatency: [UInt64] = []
    ) {
        self.rollout = rollout
        self.variant = variant
        self.mirrored = mirrored
        self.dropped = dropped
        self.errors = errors
        self.lastError = lastError
        self.compared = compared
        self.outputs = outputs
        self.segments = segments
        self.worst = worst
        self.primaryLatency = primaryLatency
        self.candidateLatency = candidateLatency
    }
}
