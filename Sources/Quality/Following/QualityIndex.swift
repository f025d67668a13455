package import Journal
package import Monitoring
package import Serving

/// What has been read of an endpoint's ledger, and the truth that was joined to it. One for each endpoint, in files of its
/// own.
///
/// An implementation promises:
/// 1. Each call is one transaction: all of it or nothing, and what has returned survives the death of the process.
/// 2. `add` changes the position in the same transaction: each row of the ledger is taken in exactly once.
/// 3. All of it blocks, and may be called from any thread.
package protocol QualityIndex: AnyObject, Sendable {
    func state() throws(ControlError) -> IndexState

    /// Takes predictions in, in the order of the ledger, and joins the truth that waits for them.
    ///
    /// - Parameters:
    ///   - mayRepeat: whether some may be there already; those are passed over.
    ///   - now: microseconds since 1970, for the count of rows by time.
    func add(
        _ predictions: [(prediction: IndexedPrediction, file: UInt64)], upTo position: LedgerPosition, mayRepeat: Bool,
        now: Int
    ) throws(ControlError)

    /// Joins truth to what is there; the rest waits.
    func accept(_ items: [FeedbackItem], now: Int) throws(ControlError) -> FeedbackReceipt

    /// Begins anew: all truth waits, and the ledger is to be read from its beginning.
    ///
    /// - Parameter reading: how predictions are read from now on; given back by `state`.
    func restart(reading: String) throws(ControlError)

    /// Deletes predictions with their truth, and the truth that waits for them.
    func forget(_ predictions: [PredictionID]) throws(ControlError)

    /// Deletes the truth that waits for rows with this value of the key.
    func forget(waitingFor key: String) throws(ControlError)

    /// Deletes what came from files of the ledger before this one, and truth that has waited since before `waitingSince`.
    ///
    /// - Parameters:
    ///   - file: `nil` where no file is left.
    ///   - atMost: predictions that stay; the oldest go first.
    func retain(
        from file: UInt64?, waitingSince: Int, atMost: Int, mostWaiting: Int
    ) throws(ControlError)

    /// Hands out predictions whose truth is known, newest first in the order of the ledger, until `body` says no.
    ///
    /// - Parameters:
    ///   - version: `nil` for all.
    ///   - since: only those answered from this moment on.
    func labelled(
        version: Int?, since: Int?, _ body: (LabelledPrediction) -> Bool
    ) throws(ControlError)

    /// Rows that got their first truth since a moment, to the second.
    func joined(since: Int) throws(ControlError) -> Int

    /// Gives memory back that only serves speed.
    func rest()
    func close()
}

/// What there is of one prediction.
package struct LabelledPrediction: Sendable {
    package var id: PredictionID
    package var time: Int
    package var answer: PredictedRows
    package var truth: TruthRecord

    package init(id: PredictionID, time: Int, answer: PredictedRows, truth: TruthRecord) {
        self.id = id
        self.time = time
        self.answer = answer
        self.truth = truth
    }
}

/// How far an index is, and what is in it.
package struct IndexState: Sendable, Hashable {
    /// Of one version.
    package struct Version: Sendable, Hashable {
        package var number: Int
        /// Predictions and their rows, and how many rows have their truth.
        package var predictions: Int
        package var rows: Int
        package var labelled: Int

        package init(number: Int, predictions: Int, rows: Int, labelled: Int) {
            self.number = number
            self.predictions = predictions
            self.rows = rows
            self.labelled = labelled
        }
    }

    package var position: LedgerPosition?
    /// How predictions were read; `nil` before the first.
    package var reading: String?
    /// In ascending order.
    package var versions: [Version]
    /// Items of feedback whose prediction is not there yet.
    package var waiting: Int
    /// Rows that ever got their first truth.
    package var joined: Int
    /// Items that waited for a prediction that then had nothing to hold them against.
    package var unusable: Int

    package init(
        position: LedgerPosition? = nil, reading: String? = nil, versions: [Version] = [], waiting: Int = 0,
        joined: Int = 0, unusable: Int = 0
    ) {
        self.position = position
        self.reading = reading
        self.versions = versions
        self.waiting = waiting
        self.joined = joined
        self.unusable = unusable
    }
}

/// Where indexes are kept.
package protocol QualityStore: Sendable {
    /// Endpoints that have one.
    func endpoints() -> [(space: String, endpoint: String)]
    /// Opens the index, and makes it where there is none. Blocks.
    func open(space: String, endpoint: String) throws(ControlError) -> any QualityIndex
    /// Removes all indexes of a space; none of them is open. Blocks.
    func remove(space: String) throws(ControlError)
}
