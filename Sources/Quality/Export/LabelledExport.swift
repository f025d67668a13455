package import Journal
import Monitoring
import Serving

extension QualityService {
    /// Writes the newest rows whose truth is known into a CSV file, oldest first: a column for each input, or for each
    /// element of one that has several in a row (`features[0]`), then `prediction` and `truth`. Inputs that are not in the
    /// ledger, or are too wide for a table, have no column. The file comes into being whole or not at all.
    ///
    /// - Parameter rows: at most so many.
    /// - Returns: how many there were.
    @discardableResult
    package func exportLabelled(
        space: String, endpoint: String, rows: Int, to path: String
    ) async throws(ControlError) -> Int {
        guard let book = book(space: space, endpoint: endpoint) else {
            return try await threads.run { () throws(ControlError) in
                try LabelledFile(path, inputs: []).finish()
            }
        }
        return try await threads.run { () throws(ControlError) in
            try self.catchUp(book)
            return try self.export(book, rows: rows, to: path)
        }
    }

    private func export(_ book: QualityBook, rows limit: Int, to path: String) throws(ControlError) -> Int {
        var wanted: [PredictionID: LabelledPrediction] = [:]
        var left = max(0, limit)
        let index = try book.use(now: MonotonicClock.nanoseconds()) { $0 }
        try index.labelled(version: nil, since: nil) { prediction in
            guard left > 0 else { return false }
            wanted[prediction.id] = prediction
            left -= prediction.truth.known
            return left > 0
        }
        // The first pass says which columns there are.
        var columns = LabelledColumns()
        try forEach(wanted, of: book) { row, _ in columns.note(row) }
        let file = try LabelledFile(path, inputs: columns.names)
        var skipped = max(0, -left)
        try forEach(wanted, of: book) { (row, labelled) throws(ControlError) in
            try columns.write(row, labelled, skipping: &skipped, into: file)
        }
        return try file.finish()
    }

    private func forEach(
        _ wanted: [PredictionID: LabelledPrediction], of book: QualityBook,
        _ body: (LedgerRow, LabelledPrediction) throws(ControlError) -> Void
    ) throws(ControlError) {
        var position: LedgerPosition?
        var isLast = wanted.isEmpty
        while !isLast {
            let piece = try ledger.rows(
                space: book.space, endpoint: book.endpoint, after: position, atMost: QualityBounds.piece)
            for (row, _) in piece.rows {
                if let labelled = wanted[row.prediction], labelled.time == row.time.microseconds {
                    try body(row, labelled)
                }
            }
            isLast = piece.isLast || piece.position == position
            position = piece.position
        }
    }
}
