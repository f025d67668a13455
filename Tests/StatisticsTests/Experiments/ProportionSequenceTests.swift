import Testing

@testable import Statistics

@Suite struct ProportionSequenceTests {
    @Test func `none of many leaves little room, and all of them the same`() {
        let none = ProportionSequence.interval(0, of: 10_000, alpha: 0.05)
        #expect(none.lowerBound == 0)
        #expect((0.0005...0.0012).contains(none.upperBound))
        let all = ProportionSequence.interval(10_000, of: 10_000, alpha: 0.05)
        #expect(abs(all.lowerBound - (1 - none.upperBound)) < 1e-9)
        #expect(all.upperBound == 1)
    }

    @Test func `without trials, or with counts that cannot be, nothing is known`() {
        #expect(ProportionSequence.interval(0, of: 0, alpha: 0.05) == 0...1)
        #expect(ProportionSequence.interval(5, of: 3, alpha: 0.05) == 0...1)
        #expect(ProportionSequence.interval(.nan, of: 3, alpha: 0.05) == 0...1)
    }

    @Test func `looked at after every trial it misses the truth no more often than it says`() {
        var random = Xoshiro256(seed: 14)
        var missed = 0
        for _ in 0..<200 {
            var hits = 0.0
            for trial in 1...200 {
                if random.below(10) == 0 { hits += 1 }
                if !ProportionSequence.interval(hits, of: Double(trial), alpha: 0.1).contains(0.1) {
                    missed += 1
                    break
                }
            }
        }
        #expect(missed <= 20)
    }
}
