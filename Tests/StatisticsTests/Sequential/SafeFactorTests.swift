import Foundation
import Testing

@testable import Statistics

/// That no bet pays more than 1 on average when the null hypothesis is true: over every outcome that there is.
@Suite struct SafeFactorTests {
    private func choose(_ n: Int, _ k: Int) -> Double {
        guard k >= 0, k <= n else { return 0 }
        return exp(lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1)))
    }

    private func binomial(_ n: Int, _ p: Double, _ k: Int) -> Double {
        choose(n, k) * pow(p, Double(k)) * pow(1 - p, Double(n - k))
    }

    private func mean(_ bet: TwoByTwo, _ reference: (Int, Double), _ candidate: (Int, Double)) -> Double {
        var sum = 0.0
        for x in 0...reference.0 {
            for y in 0...candidate.0 {
                let factor = bet.logFactor(
                    reference: Tally(UInt64(x), of: UInt64(reference.0)),
                    candidate: Tally(UInt64(y), of: UInt64(candidate.0)))
                sum += exp(factor) * binomial(reference.0, reference.1, x) * binomial(candidate.0, candidate.1, y)
            }
        }
        return sum
    }

    @Test(arguments: [(1, 1), (12, 3), (3, 12), (20, 1)], [0, 0.05, 0.3])
    func `a bet on two rates pays at most 1 under every pair of rates within the margin`(
        sizes: (Int, Int), margin: Double
    ) {
        for (reference, candidate) in [(0.01, 0.4), (0.2, 0.6), (0.5, 0.95), (0.05, 0.36)] {
            let bet = TwoByTwo(reference: reference, candidate: candidate, margin: margin)
            for rate in stride(from: 0, through: 1 - margin, by: 0.05) {
                for own in stride(from: 0, through: rate + margin, by: 0.05) {
                    #expect(mean(bet, (sizes.0, rate), (sizes.1, own)) <= 1 + 1e-9)
                }
            }
        }
    }

    @Test func `a bet that comes true pays`() {
        let bet = TwoByTwo(reference: 0.1, candidate: 0.5, margin: 0.1)
        #expect(mean(bet, (10, 0.1), (10, 0.5)) > 8)
    }

    @Test(arguments: [(0.5, 0.4, 0.0), (0.2, 0.25, 0.1), (0, 0.5, 0), (0.2, 1, 0), (0.2, 0.5, -0.1), (.nan, 0.5, 0)])
    func `what is no bet against the null hypothesis pays nothing`(reference: Double, candidate: Double, margin: Double)
    {
        let bet = TwoByTwo(reference: reference, candidate: candidate, margin: margin)
        #expect(bet.logFactor(reference: Tally(3, of: 9), candidate: Tally(5, of: 9)) == 0)
    }

    @Test(arguments: [(20, 3, 9), (20, 9, 3), (50, 25, 25), (8, 7, 1), (30, 29, 29)], [1.5, 3, 15, 100])
    func `a bet on who is above a bound pays at most 1 when chance decides who is`(
        window: (all: Int, drawn: Int, marked: Int), odds: Double
    ) {
        let (all, drawn, marked) = window
        var sum = 0.0
        for own in max(0, drawn + marked - all)...min(drawn, marked) {
            let chance = choose(marked, own) * choose(all - marked, drawn - own) / choose(all, drawn)
            let factor = QuantileTest.logFactor(
                Double(own), marked: Double(marked), drawn: Double(drawn), of: Double(all), odds: odds)
            sum += exp(factor) * chance
        }
        #expect(sum <= 1 + 1e-9)
    }
}
