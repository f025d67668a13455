import Serving

/// Of endpoints with a ledger only: what has come of the predictions that were to be written down.
extension MetricsPage {
    mutating func ledgers(_ endpoints: [Endpoint]) {
        let ledgers = endpoints.filter { $0.entry.options.ledger != nil }.compactMap { endpoint in
            endpoint.observer.map { observer in
                (
                    labels: "space=\"\(endpoint.entry.space)\",endpoint=\"\(endpoint.entry.name)\"",
                    counts: observer.counts
                )
            }
        }
        guard !ledgers.isEmpty else { return }
        let rows = "slipway_ledger_rows_total"
        head(rows, "counter", "Predictions that were written to the ledger")
        for ledger in ledgers { line(rows, ledger.labels, String(ledger.counts.recorded)) }
        let dropped = "slipway_ledger_dropped_total"
        head(dropped, "counter", "Predictions that were to be written to the ledger and were not")
        for ledger in ledgers {
            line(dropped, ledger.labels + ",reason=\"queue\"", String(ledger.counts.droppedQueue))
            line(dropped, ledger.labels + ",reason=\"disk\"", String(ledger.counts.droppedDisk))
        }
    }
}
