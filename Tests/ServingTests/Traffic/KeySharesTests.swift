import Foundation
import InferenceProtocol
import Testing

@testable import Serving

/// Whose callers are whose while weights change.
@Suite struct KeySharesTests {
    private typealias Weights = [(variant: String, weight: Int)]

    private func weights(_ parts: [Int]) -> Weights {
        let names = ["stable", "b", "c", "d", "e"]
        return [("stable", TrafficPlan.whole - parts.reduce(0, +))] + zip(names.dropFirst(), parts).map { ($0, $1) }
    }

    private func slots(_ table: KeyShares) -> [String] {
        table.runs.flatMap { Array(repeating: $0.variant, count: $0.slots) }
    }

    /// Random weights of one to five variants, which come to the whole; some have none.
    private func drawn(_ source: inout SeededBits) -> Weights {
        var cuts = (0..<Int.random(in: 0...4, using: &source)).map { _ in
            Int.random(in: 0...TrafficPlan.whole, using: &source)
        }
        cuts.sort()
        return weights(zip(cuts, cuts.dropFirst() + [TrafficPlan.whole]).map { $1 - $0 })
    }

    @Test(arguments: 1...40)
    func `over any changes of weights each variant has its part, and only what has to change hands does`(seed: UInt64) {
        var source = SeededBits(state: seed)
        var table = KeyShares(all: "stable")
        for _ in 0..<25 {
            let weights = drawn(&source)
            let next = table.moved(to: weights)
            for (variant, weight) in weights { #expect(next.slots(of: variant) == weight) }
            let gained = weights.reduce(0) { $0 + max(0, $1.weight - table.slots(of: $1.variant)) }
            #expect(zip(slots(table), slots(next)).count { $0 != $1 } == gained)
            table = next
        }
        #expect(slots(table).count == TrafficPlan.whole)
    }

    @Test func `weight that moves from one variant to another moves nobody of a third`() {
        let before = KeyShares(all: "stable").moved(to: weights([2000, 3000]))
        let after = before.moved(to: weights([4000, 3000]))
        let plans = [before, after].map { table in
            var plan = TrafficFixture.plan([("b", table.slots(of: "b")), ("c", 3000)], sticky: .parameter("user"))
            plan.keys = table
            return plan.chooser(space: "default", endpoint: "churn")
        }
        var moved = 0
        for user in 0..<50_000 {
            let key = RoutingKey("user-\(user)")
            let (old, new) = (plans[0].assigned(key), plans[1].assigned(key))
            #expect(old == new || (old == 0 && new == 1))
            if old != new { moved += 1 }
        }
        // A fifth, give or take 3.29 standard deviations.
        #expect((9706...10_294).contains(moved))
    }

    @Test(arguments: [[1], [100], [2500], [5000], [3333, 3333], [1, 5000, 100]])
    func `the keys of 100,000 callers are shared by weight`(_ parts: [Int]) {
        let weights = weights(parts)
        let table = KeyShares(all: "stable").moved(to: weights)
        var counts: [String: Int] = [:]
        for user in 0..<100_000 {
            counts[table.owner(ofKey: "user-\(user)", space: "default", endpoint: "churn") ?? "", default: 0] += 1
        }
        for (variant, weight) in weights {
            let share = Double(weight) / Double(TrafficPlan.whole)
            let deviation = (100_000 * share * (1 - share)).squareRoot()
            #expect((Double(counts[variant] ?? 0) - 100_000 * share).magnitude <= 3.29 * deviation, "\(variant)")
        }
    }

    @Test func `a plan's table, what is asked of it, and what is read from its JSON say the same`() throws {
        let table = KeyShares(all: "stable").moved(to: weights([2000, 3000])).moved(to: weights([100, 4000]))
        #expect(try JSONDecoder().decode(KeyShares.self, from: JSONEncoder().encode(table)) == table)
        var plan = TrafficFixture.plan([("b", 100), ("c", 4000)], sticky: .parameter("user"))
        plan.keys = table
        #expect(plan.contradiction == nil)
        for user in 0..<1000 {
            let owner = table.owner(ofKey: "user-\(user)", space: "default", endpoint: "churn")
            #expect(plan.variant(of: RoutingKey("user-\(user)"), space: "default", endpoint: "churn") == owner)
        }
    }

    @Test func `a table that is not that of the weights is a contradiction`() {
        var plan = TrafficFixture.plan([("b", 100)], sticky: .parameter("user"))
        plan.keys = KeyShares(all: "stable")
        #expect(plan.contradiction == "'stable' has 10000 slots for keys and the weight 9900")
    }

    /// Written down once: another build, another machine or another release must say the same, or users change sides.
    @Test func `whose each key is, is the same for ever`() {
        let table = KeyShares(all: "stable").moved(to: weights([5000]))
        let sides = (0..<32).map { user in
            table.owner(ofKey: "user-\(user)", space: "default", endpoint: "churn") == "b" ? "1" : "0"
        }
        #expect(sides.joined() == "01111001100111010110101111111111")
    }
}

/// Numbers that are the same in each run.
private struct SeededBits: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return VariantChooser.mixed(state)
    }
}
