import Foundation
import Testing

@testable import Statistics

@Suite struct EffectTests {
    private func sample(_ number: Int, _ share: Double, _ random: inout Xoshiro256) -> Sample {
        let hits = (0..<number).count { _ in Double(random.below(1_000_000)) < share * 1e6 }
        return Sample(count: number, sum: Double(hits), squares: Double(hits))
    }

    @Test func `the difference, the lift and Cohen's d are those of the textbook`() throws {
        let treated = Sample((0..<40).map { Double($0 % 4) + 1 })
        let control = Sample((0..<40).map { Double($0 % 4) })
        let effect = try #require(Effect(of: treated, over: control, ConfidenceSequence(alpha: 0.05)))
        #expect(abs(effect.difference - 1) < 1e-12)
        let lift = try #require(effect.lift)
        #expect(abs(lift - 2.0 / 3) < 1e-12)
        // The variance of 0, 1, 2, 3, ten times each.
        let deviation = (1.25 * 40.0 / 39.0).squareRoot()
        let standardized = try #require(effect.standardized)
        #expect(abs(standardized - 1 / deviation) < 1e-12)
        #expect(effect.interval.contains(1))
    }

    @Test func `too few values, or values that do not vary, have no interval`() {
        let sequence = ConfidenceSequence(alpha: 0.05)
        let some = Sample((0..<40).map { Double($0 % 2) })
        #expect(Effect(of: Sample([1, 0, 1]), over: some, sequence) == nil)
        let same = Sample(Array(repeating: 1, count: 40))
        #expect(Effect(of: same, over: same, sequence) == nil)
        let odd = Sample(count: 40, sum: .infinity, squares: .nan)
        #expect(Effect(of: odd, over: some, sequence) == nil)
    }

    @Test func `without a mean above 0 there is a difference but no lift`() throws {
        let control = Sample((0..<40).map { $0 % 2 == 0 ? -1 : 1 })
        let treated = Sample((0..<40).map { $0 % 2 == 0 ? 0 : 2 })
        let effect = try #require(Effect(of: treated, over: control, ConfidenceSequence(alpha: 0.05)))
        #expect(effect.lift == nil && effect.liftInterval == nil)
    }

    @Test func `the p-value falls below alpha just when the interval leaves 0 out`() throws {
        var random = Xoshiro256(seed: 6)
        for _ in 0..<300 {
            let effect = try #require(
                Effect(of: sample(900, 0.26, &random), over: sample(900, 0.2, &random), ConfidenceSequence(alpha: 0.05))
            )
            #expect((effect.pValue < 0.05) == !effect.interval.contains(0))
        }
    }

    /// Whoever looks at a classic interval after every hundred outcomes finds an effect that is none in a quarter of the
    /// experiments.
    @Test func `looking at it a hundred times finds no more effects than alpha allows`() {
        var random = Xoshiro256(seed: 12)
        let sequence = ConfidenceSequence(alpha: 0.05)
        var (found, foundClassic) = (0, 0)
        for _ in 0..<300 {
            var (one, other) = (Sample([]), Sample([]))
            var (isFound, isFoundClassic) = (false, false)
            for _ in 0..<100 {
                one.grow(by: sample(100, 0.1, &random))
                other.grow(by: sample(100, 0.1, &random))
                guard let effect = Effect(of: one, over: other, sequence) else { continue }
                if !effect.interval.contains(0) { isFound = true }
                let width = effect.interval.upperBound - effect.difference
                let classic = width / sequence.standardErrors(after: Double(one.count + other.count)) * 1.96
                if abs(effect.difference) > classic { isFoundClassic = true }
            }
            if isFound { found += 1 }
            if isFoundClassic { foundClassic += 1 }
        }
        #expect(found <= 15)
        #expect(foundClassic > 60)
    }
}

extension Sample {
    fileprivate mutating func grow(by other: Sample) {
        count += other.count
        sum += other.sum
        squares += other.squares
    }
}

@Suite struct SampleRatioTests {
    @Test func `counts as the weights say are no evidence, others are`() throws {
        #expect(try #require(SampleRatio(counts: [5000, 5100], weights: [1, 1])).pValue == 1)
        #expect(try #require(SampleRatio(counts: [5000, 5600], weights: [1, 1])).pValue < 0.001)
        #expect(try #require(SampleRatio(counts: [900, 5, 100], weights: [9, 0, 1])).pValue == 1)
    }

    /// The sum over all outcomes of a small experiment, by its own chances.
    @Test func `its Bayes factor is 1 on average when the weights are right`() throws {
        var mean = 0.0
        for count in 0...20 {
            let factor = exp(try #require(SampleRatio(counts: [count, 20 - count], weights: [3, 7])).logarithm)
            let ways = exp(lgamma(21) - lgamma(Double(count + 1)) - lgamma(Double(21 - count)))
            mean += factor * ways * pow(0.3, Double(count)) * pow(0.7, Double(20 - count))
        }
        #expect(abs(mean - 1) < 1e-9)
    }

    @Test func `what cannot be compared has no ratio`() {
        #expect(SampleRatio(counts: [1], weights: [1]) == nil)
        #expect(SampleRatio(counts: [1, 2], weights: [1]) == nil)
        #expect(SampleRatio(counts: [1, 2], weights: [1, 0]) == nil)
    }

    @Test(arguments: [0.001, 0.5, 1, 2, 3.7, 10, 1e3, 1e9])
    func `the logarithm of the gamma function is the library's`(value: Double) {
        #expect(abs(LogGamma.of(value) - lgamma(value)) <= 1e-12 * max(1, abs(lgamma(value))))
    }
}

@Suite struct SampleSizeTests {
    /// The textbook's: 5% to 6%, two-sided 5%, power 80%.
    @Test func `for one look it is the textbook's number`() throws {
        let size = try #require(SampleSize(base: 0.05, effect: 0.01))
        #expect(size.atOneLook == 8156 || size.atOneLook == 8155)
        #expect(size.atAnyTime > size.atOneLook && size.atAnyTime < 2 * size.atOneLook)
    }

    @Test func `a smaller effect, more arms and more power take more`() throws {
        let base = try #require(SampleSize(base: 0.1, effect: 0.02)).atAnyTime
        #expect(try #require(SampleSize(base: 0.1, effect: 0.01)).atAnyTime > base)
        #expect(try #require(SampleSize(base: 0.1, effect: 0.02, comparisons: 3)).atAnyTime > base)
        #expect(try #require(SampleSize(base: 0.1, effect: 0.02, power: 0.95)).atAnyTime > base)
        #expect(try #require(SampleSize(base: 0.1, effect: -0.02)).atAnyTime < base)
    }

    @Test func `questions without sense have no answer`() {
        #expect(SampleSize(base: 0, effect: 0.1) == nil)
        #expect(SampleSize(base: 0.95, effect: 0.1) == nil)
        #expect(SampleSize(base: 0.5, effect: 0) == nil)
        #expect(SampleSize(base: 0.5, effect: 1e-9) == nil)
        #expect(SampleSize(variances: (0, 0), effect: 1) == nil)
        #expect(SampleSize(variances: (1, 1), effect: .nan) == nil)
    }
}
