/// The 99th percentile of the latency is over a bound, or a multiple of what it was over the last day.
package struct SlowAnswers: Sendable, Hashable {
    /// Milliseconds; `nil` for `times` of the usual.
    package var milliseconds: Double?
    package var times = 3.0
    /// Milliseconds below which a multiple of the usual does not matter.
    package var floor = 50.0
    /// Seconds.
    package var window = 300
    /// Answers in the window below which nothing is said.
    package var minimum = 200
    /// Answers of the last day below which nothing is usual.
    private static let usualMinimum: UInt64 = 1000
    /// It ends below this share of the bound.
    private static let resolveShare = 0.8

    package init() {}

    /// - Parameter held: the bound of when it began, so that a slowness that lasts does not become what is usual.
    func observe(_ history: ServiceHistory, at second: Int, held: inout Double?) -> Observation {
        let counts = history.total(last: window, before: second, withLatency: true)
        guard let p99 = counts.p99, counts.answers >= UInt64(minimum) else {
            return .unknown(
                "\(counts.answers) answers in the last \(Words.duration(window)), \(minimum) are needed to judge")
        }
        let usual = milliseconds == nil ? history.usual(before: second) : ServiceCounts()
        guard let bound = bound(usual, held) else {
            return .unknown("too few answers in the last day to say what is usual")
        }
        let value = Double(p99) / 1e6
        let evidence = AlertEvidence(
            "99% of \(counts.answers) answers within \(Words.number(value)) ms in the last \(Words.duration(window)), "
                + "the bound is \(Words.number(bound)) ms",
            [.init("p99", value, bound: bound, unit: "ms"), .init("answers", Double(counts.answers), unit: "answers")],
            windowSeconds: window)
        if value > bound {
            held = held ?? bound
            return Observation(.beyond, evidence)
        }
        let isClear = value <= bound * Self.resolveShare
        if isClear { held = nil }
        return Observation(isClear ? .clear : .between, evidence)
    }

    private func bound(_ usual: ServiceCounts, _ held: Double?) -> Double? {
        if let milliseconds { return milliseconds }
        if let held { return held }
        guard usual.answers >= Self.usualMinimum, let p99 = usual.p99 else { return nil }
        return max(floor, Double(p99) / 1e6 * times)
    }
}
