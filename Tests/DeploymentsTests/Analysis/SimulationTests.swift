import Testing

@testable import Deployments

/// A few runs of what `make soak` runs by the thousand.
@Suite struct SimulationTests {
    private func outcomes(
        _ runs: Int, steps: Int, patience: Int = 5400, _ change: (inout SimulatedTraffic) -> Void
    ) -> [SimulatedRollout.Outcome] {
        var traffic = SimulatedTraffic()
        change(&traffic)
        let rollout = SimulatedRollout(traffic: traffic, steps: steps, patience: patience)
        return (1...runs).map { rollout.run(seed: UInt64($0)) }
    }

    @Test(arguments: [SimulatedTraffic.Dependence.onTheMachine, .withinTheVariant])
    func `good canaries get through, with latencies that depend on each other`(
        dependence: SimulatedTraffic.Dependence
    ) {
        let outcomes = outcomes(4, steps: 2) { $0.dependence = dependence }
        #expect(outcomes.allSatisfy { $0.failedAfter == nil && $0.passed == 2 })
    }

    @Test(arguments: [SimulatedTraffic.Trouble.slowMachine, .outages])
    func `what is the matter with both sends neither back`(trouble: SimulatedTraffic.Trouble) {
        #expect(outcomes(4, steps: 2) { $0.trouble = trouble }.allSatisfy { $0.failedAfter == nil })
    }

    @Test func `half of its requests failing is found within 10 seconds at a weight of 1%`() {
        let outcomes = outcomes(10, steps: 1) { $0.canaryErrors = 0.5 }
        #expect(outcomes.count { $0.failedAfter ?? 99 <= 10 } >= 9)
        let harmed = outcomes.reduce(0) { $0 + $1.harmed }
        #expect(Double(harmed) < 0.01 * Double(outcomes.reduce(0) { $0 + $1.requests }))
    }

    @Test func `every latency doubled is found within 60 seconds at a weight of 1%`() {
        #expect(outcomes(10, steps: 1) { $0.canarySlowdown = 2 }.count { $0.failedAfter ?? 99 <= 60 } >= 9)
    }

    @Test func `a doubled tail is found by the end of the step of 5%`() {
        #expect(outcomes(6, steps: 2) { $0.tailSlowdown = 2 }.count { $0.failedAfter ?? 999 <= 240 } >= 5)
    }

    @Test func `a slow kind of request that takes twice as long is found by then, too`() {
        let outcomes = outcomes(6, steps: 2) {
            $0.spread = 0.03
            $0.hasTwoKinds = true
            $0.tailSlowdown = 2
        }
        #expect(outcomes.count { $0.failedAfter ?? 999 <= 240 } >= 5)
    }

    @Test func `3% of errors instead of 1% are found before half of the traffic`() {
        #expect(outcomes(4, steps: 3) { $0.canaryErrors = 0.03 }.allSatisfy { $0.failedAfter != nil })
    }

    @Test func `10 requests a second are too few to pass after two minutes, and it says so`() {
        let outcomes = outcomes(3, steps: 1, patience: 300) { $0.requestsPerSecond = 10 }
        #expect(outcomes.allSatisfy { $0.passed == 0 && $0.failedAfter == nil })
        #expect(outcomes.allSatisfy { $0.sentence.hasPrefix("too little traffic: ") })
    }
}
