package import Serving

/// Why a prediction that was written down has nothing to hold the truth against. The numbers stand in files.
package enum RowProblem: UInt8, Sendable, Hashable, CaseIterable {
    case notAnswered = 1
    case leftOut = 2
    case unclear = 3
    case notByRow = 4
    case tooLong = 5

    package var words: String {
        switch self {
        case .notAnswered: "the prediction was not answered"
        case .leftOut: "what was predicted is not in the ledger: the deployment leaves it out or has it hashed"
        case .unclear: "which output is the prediction is not clear: name it with 'quality.prediction' in the monitor"
        case .notByRow: "the answer has not one prediction for each row"
        case .tooLong: "what was predicted is a text of more than \(TruthText.longest) bytes"
        }
    }
}

/// A prediction as the index has it.
package struct IndexedPrediction: Sendable {
    package var id: PredictionID
    /// When it was answered, in microseconds since 1970.
    package var time: Int
    package var version: Int
    /// The caller's own id.
    package var request: String?
    /// The value of the key in each row; empty without a key.
    package var keys: [String?]
    package var answer: Result<PredictedRows, Problem>

    package struct Problem: Error {
        package let kind: RowProblem

        package init(_ kind: RowProblem) { self.kind = kind }
    }

    package init(
        id: PredictionID, time: Int, version: Int, request: String?, keys: [String?],
        answer: Result<PredictedRows, Problem>
    ) {
        self.id = id
        self.time = time
        self.version = version
        self.request = request
        self.keys = keys
        self.answer = answer
    }
}
