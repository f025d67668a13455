package import Journal
package import Serving

/// What an endpoint's ledger holds.
package struct LedgerReport: Sendable {
    package var rows: Int
    package var bytes: Int
    package var files: Int
    package var oldest: Timestamp?
    package var newest: Timestamp?
    /// Places where bytes are not what was written.
    package var damaged: Int
    /// Since the server started.
    package var counts: ObserverCounts
}

extension Ledger {
    /// What there is now. An endpoint whose predictions were never written down has an empty ledger.
    package func report(space: String, endpoint: String) async throws(ControlError) -> LedgerReport {
        guard let book = book(space: space, endpoint: endpoint) else {
            return LedgerReport(rows: 0, bytes: 0, files: 0, damaged: 0, counts: ObserverCounts())
        }
        return try await blocking { () throws(FileFailure) in
            self.settle()
            var report = LedgerReport(rows: 0, bytes: 0, files: 0, damaged: 0, counts: book.counts)
            for segment in book.segments {
                guard let summary = try book.summary(of: segment) else { continue }
                report.rows += summary.rows
                report.bytes += segment.size
                report.files += 1
                report.damaged += summary.damaged
                if let oldest = summary.oldest.map(Timestamp.init(microseconds:)) {
                    report.oldest = min(report.oldest ?? oldest, oldest)
                }
                if let newest = summary.newest.map(Timestamp.init(microseconds:)) {
                    report.newest = max(report.newest ?? newest, newest)
                }
            }
            return report
        }
    }

    /// Begins to hand out the rows that were there when it was asked.
    package func export(
        space: String, endpoint: String, format: LedgerFormat, query: LedgerQuery
    ) async throws(ControlError) -> LedgerExport? {
        guard let book = book(space: space, endpoint: endpoint) else { return nil }
        return try await blocking { () throws(FileFailure) in
            self.settle()
            return LedgerExport(book, format: format, query: query, threads: self.threads)
        }
    }

    /// Deletes each row in which an element of `field`, an input or an output, is `value`: with all that else is in it.
    ///
    /// - Parameter before: is told of the predictions of a file before they go, on a thread that may block; where it
    ///   throws, they stay.
    package func forget(
        space: String, endpoint: String, field: String, value: String,
        before: (@Sendable ([PredictionID]) throws(ControlError) -> Void)? = nil
    ) async throws(ControlError) -> Forgotten {
        guard let book = book(space: space, endpoint: endpoint) else { return Forgotten() }
        return try await blocking { () throws(FileFailure) in
            self.settle()
            return try book.forget(
                FieldValue(field: field, text: value), try self.hashing(space: space), before: before)
        }
    }

    private func blocking<Value: Sendable>(
        _ body: @escaping @Sendable () throws(FileFailure) -> Value
    ) async throws(ControlError) -> Value {
        try await threads.run { () throws(ControlError) in
            do throws(FileFailure) {
                return try body()
            } catch {
                throw error.controlError
            }
        }
    }
}
