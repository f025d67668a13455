import InferenceProtocol
import Testing

@testable import Serving

/// Who gets which version.
@Suite struct VariantChooserTests {
    private static let draws = 100_000

    private func chooser(_ plan: TrafficPlan, endpoint: String = "churn") -> VariantChooser {
        plan.chooser(space: "default", endpoint: endpoint)
    }

    /// How far a count of `draws` may be from its mean for 99.9% of all runs: 3.29 standard deviations.
    private func isWithin(_ count: Int, _ weight: Int) -> Bool {
        let share = Double(weight) / Double(TrafficPlan.whole)
        let deviation = (Double(Self.draws) * share * (1 - share)).squareRoot()
        return (Double(count) - Double(Self.draws) * share).magnitude <= 3.29 * deviation
    }

    /// The sequence of random bits is one of many; a fixed one makes the test tell the same each time.
    @Test(arguments: [[1], [100], [500], [2500], [5000], [9999], [10_000], [3333, 3333], [1, 5000, 100]])
    func `over 100,000 draws weights hold within a 99.9% binomial interval`(_ weights: [Int]) {
        let plan = TrafficFixture.plan(weights.enumerated().map { ("v-\($0)", $1) })
        let chooser = chooser(plan)
        let random = RandomBits(seed: 20_261_129)
        var counts = Array(repeating: 0, count: plan.targets.count)
        for _ in 0..<Self.draws { counts[chooser.drawn(random.next())] += 1 }
        for (count, target) in zip(counts, plan.targets) {
            #expect(isWithin(count, target.weight), "\(count) of \(Self.draws) for a weight of \(target.weight)")
        }
    }

    @Test(arguments: [[1], [100], [2500], [5000], [3333, 3333]])
    func `the keys of 100,000 callers are shared by weight too`(_ weights: [Int]) {
        let plan = TrafficFixture.plan(weights.enumerated().map { ("v-\($0)", $1) })
        let chooser = chooser(plan)
        var counts = Array(repeating: 0, count: plan.targets.count)
        for user in 0..<Self.draws { counts[chooser.assigned(RoutingKey("user-\(user)"))] += 1 }
        for (count, target) in zip(counts, plan.targets) {
            #expect(isWithin(count, target.weight), "\(count) of \(Self.draws) for a weight of \(target.weight)")
        }
    }

    @Test func `a target without weight gets nothing, by draw or by key`() {
        let chooser = chooser(TrafficFixture.plan([("canary", 0)]))
        let random = RandomBits(seed: 1)
        for user in 0..<10_000 {
            #expect(chooser.drawn(random.next()) == 0)
            #expect(chooser.assigned(RoutingKey(Int64(user))) == 0)
        }
    }

    @Test func `a step of a canary moves callers to the canary only, and no more than the step`() {
        let steps = [0, 100, 500, 2500, 5000, 10_000].map { chooser(TrafficFixture.plan([("canary", $0)])) }
        let keys = (0..<20_000).map { RoutingKey("user-\($0)") }
        for (before, after) in zip(steps, steps.dropFirst()) {
            for key in keys {
                let (old, new) = (before.assigned(key), after.assigned(key))
                #expect(old == new || (old == 0 && new == 1))
            }
        }
    }

    @Test func `a change of weights moves a caller to a variant that grew, or away from one that shrank`() {
        let before = chooser(TrafficFixture.plan([("a", 3000), ("b", 3000)]))
        let after = chooser(TrafficFixture.plan([("a", 1000), ("b", 5000)]))
        var moved = 0
        for user in 0..<20_000 {
            let key = RoutingKey("user-\(user)")
            let (old, new) = (before.assigned(key), after.assigned(key))
            #expect(old == new || old == 1 || new == 2)
            if old != new { moved += 1 }
        }
        // A fifth of all weight moves. Without a memory of how it was before, a few more callers than that have to.
        #expect((4000...6000).contains(moved))
    }

    /// Written down once: another build, another machine or another release must say the same, or users change sides.
    @Test func `who gets what is the same for ever`() {
        let chooser = chooser(TrafficFixture.plan([("canary", 5000)]))
        let sides = (0..<32).map { chooser.assigned(RoutingKey("user-\($0)")) }
        #expect(sides.map(String.init).joined() == "10000010110111011001100000001110")
        #expect(RoutingKey("user-1").hash == 17_891_572_797_655_370_708)
        #expect(RoutingKey(Int64(-42)) == RoutingKey("-42"))
        #expect(RoutingKey(UInt64.max) == RoutingKey("18446744073709551615"))
    }

    @Test func `endpoints share their callers independently of each other`() {
        let (one, other) = (
            chooser(TrafficFixture.plan([("canary", 5000)])),
            chooser(TrafficFixture.plan([("canary", 5000)]), endpoint: "b")
        )
        let same = (0..<10_000).count { one.assigned(RoutingKey("u\($0)")) == other.assigned(RoutingKey("u\($0)")) }
        #expect((4800...5200).contains(same))
    }
}
