/// Predictions that were to be written down were not.
package struct LedgerLoss: Sendable, Hashable {
    /// Of all that were to be written down.
    package var share = 0.01
    /// Drops in the window below which nothing is said.
    package var minimum = 100
    /// Seconds.
    package var window = 300
    private static let resolveShare = 0.5

    package init() {}

    func observe(_ history: ServiceHistory, at second: Int) -> Observation {
        let counts = history.total(last: window, before: second)
        let all = counts.recorded &+ counts.dropped
        guard all > 0 else { return Observation(.clear, AlertEvidence("nothing was to be written down", [])) }
        let lost = Double(counts.dropped) / Double(all)
        let evidence = AlertEvidence(
            "\(counts.dropped) of \(all) predictions were not written to the ledger in the last "
                + Words.duration(window),
            [
                .init("droppedShare", lost, bound: share, unit: "share"),
                .init("dropped", Double(counts.dropped), bound: Double(minimum), unit: "predictions"),
            ], windowSeconds: window)
        if lost >= share, counts.dropped >= UInt64(minimum) { return Observation(.beyond, evidence) }
        return Observation(lost < share * Self.resolveShare ? .clear : .between, evidence)
    }
}
