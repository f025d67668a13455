import Foundation
import Testing

@testable import Statistics

@Suite struct EvidenceTests {
    @Test func `without windows, and with factors of 1, there is no evidence`() {
        var evidence = Evidence(bets: 3)
        #expect(abs(evidence.logarithm) < 1e-12)
        for _ in 0..<50 { evidence.observe([0, 0, 0]) }
        #expect(abs(evidence.logarithm) < 1e-9)
    }

    @Test func `it is the mean over bets and starts of what each has come to`() {
        var evidence = Evidence(bets: 2)
        evidence.observe([log(2), log(0.5)])
        evidence.observe([log(3), log(0.1)])
        // Three quarters start at the first window, a twelfth at the second, the rest later.
        let first = 0.75 * (6 + 0.05) / 2
        let second = (0.5 / 6) * (3 + 0.1) / 2
        #expect(abs(exp(evidence.logarithm) - (first + second + 0.5 / 3)) < 1e-12)
    }

    @Test func `a fault after a thousand good windows is found nearly as fast as one from the start`() {
        func windowsUntilFound(afterGood good: Int) -> Int {
            var evidence = Evidence(bets: 1)
            for _ in 0..<good { evidence.observe([-0.5]) }
            var windows = 0
            while evidence.logarithm < log(600) {
                evidence.observe([1])
                windows += 1
            }
            return windows
        }
        #expect(windowsUntilFound(afterGood: 0) == 7)
        #expect(windowsUntilFound(afterGood: 1000) <= 7 + 15)
    }

    @Test func `no factor makes it anything but a number`() throws {
        var evidence = Evidence(bets: 3)
        for _ in 0..<5 { evidence.observe([1e9, -1e9, .nan]) }
        #expect(evidence.logarithm.isFinite)
        let copy = try JSONDecoder().decode(Evidence.self, from: JSONEncoder().encode(evidence))
        #expect(copy == evidence)
    }

    /// Ville's inequality, seen: of 1,000 fair games with 100 looks each, at most 5% may ever reach 20 to 1.
    @Test func `under the null hypothesis it hardly ever becomes large, however often one looks`() {
        var random = Xoshiro256(seed: 11)
        var reached = 0
        for _ in 0..<1000 {
            var evidence = Evidence(bets: 2)
            for _ in 0..<100 {
                let tally = Tally(UInt64(random.below(10) < 1 ? 1 : 0), of: 1)
                let other = Tally(UInt64(random.below(10) < 1 ? 1 : 0), of: 1)
                evidence.observe(
                    [0.3, 0.6].map {
                        TwoByTwo(reference: 0.1, candidate: $0, margin: 0).logFactor(reference: other, candidate: tally)
                    })
                if evidence.logarithm >= log(20) {
                    reached += 1
                    break
                }
            }
        }
        #expect(reached <= 50)
        #expect(reached >= 1)
    }
}
