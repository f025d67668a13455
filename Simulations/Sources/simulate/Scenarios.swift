extension Scenario {
    /// The names are those of docs/decisions/sequential-tests.md.
    static let all: [Scenario] = good + bad + quiet

    private static func traffic(_ change: (inout SimulatedTraffic) -> Void) -> SimulatedTraffic {
        var traffic = SimulatedTraffic()
        change(&traffic)
        return traffic
    }

    private static func scenario(
        _ name: String, steps: Int = 3, _ demand: Demand?, _ change: (inout SimulatedTraffic) -> Void = { _ in }
    ) -> Scenario {
        Scenario(name: name, rollout: SimulatedRollout(traffic: traffic(change), steps: steps), demand: demand)
    }

    private static let good: [Scenario] = [
        scenario("good, slow times of the machine", .rolledBackAtMost(0.02)),
        scenario("good, slow times of each variant", .rolledBackAtMost(0.02)) { $0.dependence = .withinTheVariant },
        scenario("good, the same, ten times as long", nil) {
            $0.dependence = .withinTheVariant
            $0.correlation = 0.99
        },
        scenario("good, independent latencies", .rolledBackAtMost(0.02)) { $0.correlation = 0 },
        scenario("good, two kinds of requests", .rolledBackAtMost(0.02)) {
            $0.spread = 0.03
            $0.hasTwoKinds = true
        },
        scenario("good, the machine slow half of the time", .rolledBackAtMost(0.02)) { $0.trouble = .slowMachine },
        scenario("good, outages of both", .rolledBackAtMost(0.02)) { $0.trouble = .outages },
    ]

    private static let bad: [Scenario] = [
        scenario("half of its requests fail", steps: 1, .rolledBackAtLeast(0.95, within: 10)) {
            $0.canaryErrors = 0.5
        },
        scenario("the same, stable without errors", steps: 1, .rolledBackAtLeast(0.95, within: 10)) {
            $0.canaryErrors = 0.5
            $0.stableErrors = 0
        },
        scenario("every latency doubled", steps: 1, .rolledBackAtLeast(0.95, within: 60)) { $0.canarySlowdown = 2 },
        scenario("slowest twentieth doubled", steps: 2, .rolledBackAtLeast(0.95, within: 240)) {
            $0.tailSlowdown = 2
        },
        scenario("every latency doubled, all alike", steps: 1, .rolledBackAtLeast(0.95, within: 60)) {
            $0.canarySlowdown = 2
            $0.spread = 0.03
        },
        scenario("a slow kind of request doubled", steps: 2, .rolledBackAtLeast(0.95, within: 240)) {
            $0.tailSlowdown = 2
            $0.spread = 0.03
            $0.hasTwoKinds = true
        },
        scenario("errors 3% instead of 1%", .rolledBackAtLeast(0.9, within: 360)) { $0.canaryErrors = 0.03 },
        scenario("answers moved by one deviation", .rolledBackAtLeast(0.9, within: 360)) { $0.outputShift = 1 },
        scenario("1% of answers are NaN", .rolledBackAtLeast(0.9, within: 360)) { $0.nonFiniteCanary = 0.01 },
    ]

    private static let quiet: [Scenario] = [
        scenario("10/s: good", .rolledBackAtMost(0.02)) { $0.requestsPerSecond = 10 },
        scenario("10/s: half of its requests fail", nil) {
            $0.requestsPerSecond = 10
            $0.canaryErrors = 0.5
        },
        scenario("10/s: every latency doubled", nil) {
            $0.requestsPerSecond = 10
            $0.canarySlowdown = 2
        },
        scenario("10/s: slowest twentieth doubled", nil) {
            $0.requestsPerSecond = 10
            $0.tailSlowdown = 2
        },
        scenario("10/s: errors 3% instead of 1%", nil) {
            $0.requestsPerSecond = 10
            $0.canaryErrors = 0.03
        },
    ]
}
