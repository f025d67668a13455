/// Errors burn what an objective allows of them too quickly, over a short window and a long one together: the short one
/// says that it still goes on, the long one that it matters.
///
/// Burn rates over two windows: Google, The Site Reliability Workbook, chapter 5. A burn of 14.4 uses up 2% of what a
/// month allows in one hour.
package struct ErrorBurn: Sendable, Hashable {
    /// The share of predictions that are to be answered, below 1.
    package var objective = 0.999
    package var burn = 14.4
    /// Seconds.
    package var short = 300
    package var long = 3600
    /// Errors in the long window, and half of them in the short one, below which nothing is said.
    package var minimum = 10
    /// It ends below this share of the bound.
    private static let resolveShare = 0.5

    package init() {}

    func observe(_ history: ServiceHistory, at second: Int) -> Observation {
        let recent = history.total(last: short, before: second)
        let all = history.total(last: long, before: second)
        let allowed = 1 - objective
        let (now, before) = (Self.share(recent) / allowed, Self.share(all) / allowed)
        let evidence = AlertEvidence(
            "\(recent.errors) of \(recent.requests) predictions failed in the last \(Words.duration(short)), "
                + "\(all.errors) of \(all.requests) in \(Words.duration(long))",
            [
                .init("errorShare", Self.share(recent), bound: burn * allowed, unit: "share"),
                .init("burnShort", now, bound: burn), .init("burnLong", before, bound: burn),
                .init("errors", Double(all.errors), bound: Double(minimum), unit: "errors"),
                .init("objective", objective, unit: "share"),
            ], windowSeconds: short)
        let isEnough = all.errors >= UInt64(minimum) && recent.errors >= UInt64((minimum + 1) / 2)
        if now >= burn, before >= burn, isEnough { return Observation(.beyond, evidence) }
        guard now < burn * Self.resolveShare else { return Observation(.between, evidence) }
        // After a restart the short window has not been seen yet: that nothing failed in it is not known.
        return Observation(second - history.begun < short ? .unknown : .clear, evidence)
    }

    private static func share(_ counts: ServiceCounts) -> Double {
        counts.requests == 0 ? 0 : Double(counts.errors) / Double(counts.requests)
    }
}
