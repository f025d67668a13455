import Serving

/// Nothing comes any more where something came all the time.
///
/// "All the time" is what keeps it from crying at a nightly batch: each of the stretches before, as long as the window
/// itself, must have had requests, and so many that none in the window is no chance.
package struct TrafficStop: Sendable, Hashable {
    /// Seconds.
    package var window = 300
    /// Requests that would be usual in the window, below which nothing is said. A Poisson count of 20 is 0 once in 5e8.
    package var expected = 20
    /// Stretches before the window that are looked at.
    private static let stretches = 6
    /// Seconds of new traffic that end it.
    private static let resumed = 60

    package init() {}

    func observe(_ history: ServiceHistory, at second: Int, isFiring: Bool) -> Observation {
        guard second - history.begun >= window else {
            return .unknown("the server has watched for less than \(Words.duration(window))")
        }
        let now = history.total(last: window, before: second)
        if now.requests > 0 {
            let recent = history.total(last: Self.resumed, before: second)
            let evidence = AlertEvidence(
                "\(now.requests) requests in the last \(Words.duration(window))",
                [.init("requests", Double(now.requests), unit: "requests")], windowSeconds: window)
            return Observation(recent.requests > 0 ? .clear : .between, evidence)
        }
        let before = (1...Self.stretches).map { stretch in
            history.total(last: window * (stretch + 1), before: second, skipping: window * stretch).requests
        }
        let usual = Double(before.reduce(0, &+)) / Double(Self.stretches)
        let evidence = AlertEvidence(
            "no request in the last \(Words.duration(window)), where \(Words.number(usual)) were usual",
            [
                .init("requests", 0, bound: 1, unit: "requests"), .init("usual", usual, unit: "requests"),
            ], windowSeconds: window)
        // Once it fires, the past that it is held against moves out of sight; only requests end it.
        if isFiring { return Observation(.beyond, evidence) }
        guard !before.contains(0), usual >= Double(expected) else { return Observation(.clear, evidence) }
        return Observation(.beyond, evidence)
    }
}
