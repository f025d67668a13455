/// A metric is worse than it was when the version was pushed: its whole interval, by more than a margin.
package struct QualityDrop: Sendable, Hashable {
    /// `nil` for every metric that has a reference.
    package var metric: String?
    package var margin = 0.02
    /// Rows below which nothing is said.
    package var minimum = 200

    package init() {}

    func observe(_ readings: [QualityReading]) -> Observation {
        let judged = readings.filter {
            $0.reference != nil && $0.rows >= minimum && (metric == nil || $0.metric == metric)
        }
        guard let worst = judged.max(by: { shortfall($0) < shortfall($1) }), let reference = worst.reference else {
            return .unknown("no metric with a reference and \(minimum) rows")
        }
        let sign = worst.isHigherBetter ? 1.0 : -1.0
        let bound = reference - sign * margin
        let evidence = AlertEvidence(
            "\(worst.metric) of version \(worst.version) is \(Words.number(worst.value)) "
                + "(\(Words.number(worst.low)) to \(Words.number(worst.high))) over \(worst.rows) rows, "
                + "it was \(Words.number(reference)) when it was pushed",
            [
                .init(worst.metric, worst.value, bound: bound), .init("low", worst.low), .init("high", worst.high),
                .init("reference", reference), .init("rows", Double(worst.rows), unit: "rows"),
            ], version: worst.version)
        if shortfall(worst) > 0 { return Observation(.beyond, evidence) }
        let isBack = judged.allSatisfy { reading in
            guard let reference = reading.reference else { return true }
            let sign = reading.isHigherBetter ? 1.0 : -1.0
            return sign * (reading.value - reference) >= -margin
        }
        return Observation(isBack ? .clear : .between, evidence)
    }

    /// By how much the better end of the interval is below the bound, in units of the metric; above 0 is worse.
    private func shortfall(_ reading: QualityReading) -> Double {
        guard let reference = reading.reference else { return -.infinity }
        return reading.isHigherBetter ? reference - margin - reading.high : reading.low - reference - margin
    }
}
