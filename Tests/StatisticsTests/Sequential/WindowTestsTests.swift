import Foundation
import Testing

@testable import Statistics

@Suite struct RateTestTests {
    /// Rates per hundred of each arm, in each window.
    private func evidence(
        _ windows: Int, margin: Double = 0.005, reference: (trials: Int, perMille: Int),
        candidate: (trials: Int, perMille: Int)
    ) -> Double {
        var random = Xoshiro256(seed: 3)
        var test = RateTest(margin: margin)
        func tally(_ arm: (trials: Int, perMille: Int)) -> Tally {
            Tally(UInt64((0..<arm.trials).count { _ in random.below(1000) < arm.perMille }), of: UInt64(arm.trials))
        }
        for _ in 0..<windows { test.observe(reference: tally(reference), candidate: tally(candidate)) }
        return test.evidence.logarithm
    }

    @Test func `equal rates are no evidence, three times as many errors are`() {
        #expect(evidence(300, reference: (190, 10), candidate: (10, 10)) < 2)
        #expect(evidence(300, reference: (190, 10), candidate: (10, 30)) > 8)
    }

    @Test func `what is within the margin is no evidence`() {
        #expect(evidence(600, margin: 0.03, reference: (100, 10), candidate: (100, 30)) < 2)
    }

    @Test func `requests that come one by one are still compared`() {
        var test = RateTest(margin: 0.01)
        for request in 0..<200 {
            let isCandidate = request % 2 == 1
            test.observe(
                reference: Tally(0, of: isCandidate ? 0 : 1),
                candidate: Tally(isCandidate ? 1 : 0, of: isCandidate ? 1 : 0))
        }
        #expect(test.evidence.windows > 90)
        #expect(test.evidence.logarithm > 10)
    }

    @Test func `with all requests at the candidate, what the reference did before is what it is held against`() {
        func evidence(_ perMille: Int, knownBefore: Bool) -> Double {
            var random = Xoshiro256(seed: 5)
            var test = RateTest(margin: 0.005)
            if knownBefore {
                for _ in 0..<60 { test.observe(reference: Tally(2, of: 200), candidate: Tally(0, of: 2)) }
            }
            for _ in 0..<60 {
                let errors = (0..<200).count { _ in random.below(1000) < perMille }
                test.observe(reference: Tally(), candidate: Tally(UInt64(errors), of: 200))
            }
            return test.evidence.logarithm
        }
        #expect(evidence(10, knownBefore: true) < 2)
        #expect(evidence(200, knownBefore: true) > 20)
        #expect(evidence(200, knownBefore: false) < 1e-9)
    }
}

@Suite struct QuantileTestTests {
    /// Latencies spread evenly over buckets 20 to 39, moved by some buckets.
    private func counts(_ number: Int, movedBy shift: Int, _ random: inout Xoshiro256) -> [UInt64] {
        var counts = Array(repeating: UInt64(0), count: 82)
        for _ in 0..<number { counts[20 + random.below(20) + shift] += 1 }
        return counts
    }

    private func evidence(windows: Int, movedBy shift: Int, both: Int = 0, allowed: Int = 1) -> Double {
        var random = Xoshiro256(seed: 9)
        var test = QuantileTest(share: 0.5, shift: allowed, length: 1, most: 2)
        for window in 0..<windows {
            let common = window % 2 == 0 ? both : 0
            test.observe(
                reference: counts(200, movedBy: common, &random),
                candidate: counts(20, movedBy: common + shift, &random))
        }
        return test.logarithm
    }

    @Test func `a candidate as slow as allowed is no evidence, one that is slower is`() {
        #expect(evidence(windows: 100, movedBy: 0) < 2)
        #expect(evidence(windows: 100, movedBy: 1) < 4)
        #expect(evidence(windows: 100, movedBy: 8) > 15)
    }

    @Test func `both ten times as slow in every other window is no evidence`() {
        #expect(evidence(windows: 200, movedBy: 0, both: 10) < 2)
    }

    @Test func `one window adds no more than it may`() {
        #expect(evidence(windows: 1, movedBy: 15) <= 2)
    }

    @Test func `latencies that are all in one bucket are compared too`() {
        var test = QuantileTest(share: 0.5, shift: 1, length: 1, most: 2)
        for _ in 0..<30 {
            var (stable, canary) = (Array(repeating: UInt64(0), count: 82), Array(repeating: UInt64(0), count: 82))
            stable[30] = 190
            canary[33] = 10
            test.observe(reference: stable, candidate: canary)
        }
        #expect(test.logarithm > 10)
    }

    @Test func `an arm without requests is waited for, and nothing is made of it`() {
        var test = QuantileTest(share: 0.5, shift: 1, length: 2, most: 2)
        var random = Xoshiro256(seed: 1)
        for _ in 0..<100 { test.observe(reference: [], candidate: counts(20, movedBy: 9, &random)) }
        for _ in 0..<100 { test.observe(reference: counts(20, movedBy: 0, &random), candidate: []) }
        #expect(test.logarithm == 0)
    }

    /// Nineteen of twenty requests in one bucket, the others in a higher one.
    private func kinds(_ number: Int, slow: Int, _ random: inout Xoshiro256) -> [UInt64] {
        var counts = Array(repeating: UInt64(0), count: 82)
        for _ in 0..<number { counts[random.below(20) == 0 ? slow : 20] += 1 }
        return counts
    }

    @Test func `a kind of request that is slower at the candidate is seen though few of all are above it`() {
        func evidence(slow: Int) -> Double {
            var random = Xoshiro256(seed: 5)
            var test = QuantileTest(share: 0.01, shift: 1, length: 1, most: 2)
            for _ in 0..<60 {
                test.observe(
                    reference: kinds(1000, slow: 30, &random), candidate: kinds(10, slow: slow, &random))
            }
            return test.logarithm
        }
        #expect(evidence(slow: 30) < 2)
        #expect(evidence(slow: 36) > 10)
    }
}

@Suite struct DispersionTests {
    private func factor(_ own: (Int, inout Xoshiro256) -> Int) -> Double {
        var random = Xoshiro256(seed: 4)
        var dispersion = Dispersion()
        for window in 0..<400 {
            dispersion.observe(Double(own(window, &random)), marked: 500, drawn: 20, of: 1000)
        }
        return dispersion.factor
    }

    @Test func `a ratio that is another one from some moment on is none, once that is said`() {
        func factor(isSaid: Bool) -> Double {
            var random = Xoshiro256(seed: 8)
            var dispersion = Dispersion()
            for window in 0..<100 {
                if isSaid, window == 50 { dispersion.beginAnew() }
                let share = window < 50 ? 0.05 : 0.5
                let own = (0..<20).reduce(0) { sum, _ in sum + (Double(random.below(1000)) < 1000 * share ? 1 : 0) }
                dispersion.observe(Double(own), marked: 50, drawn: 20, of: 1000)
            }
            return dispersion.factor
        }
        #expect(factor(isSaid: false) > 5)
        #expect(factor(isSaid: true) < 1.5)
    }

    @Test func `independent requests have none, also where the candidate has more of them steadily`() {
        #expect(factor { _, random in (0..<20).count { _ in random.below(2) == 0 } } < 1.3)
        #expect(factor { _, random in (0..<20).count { _ in random.below(10) < 8 } } < 1.5)
    }

    @Test func `windows of which all requests are alike have much`() {
        #expect(factor { _, random in random.below(2) == 0 ? 20 : 0 } > 8)
        var state = 0
        #expect(
            factor { window, random in
                if window % 4 == 0 { state = random.below(2) }
                return (0..<20).count { _ in random.below(10) < (state == 0 ? 3 : 7) }
            } > 3)
    }
}

@Suite struct DistributionTestTests {
    private func counts(_ number: Int, around middle: Int, _ random: inout Xoshiro256) -> [UInt64] {
        var counts = Array(repeating: UInt64(0), count: 100)
        for _ in 0..<number { counts[middle + random.below(20)] += 1 }
        return counts
    }

    @Test(arguments: [true, false])
    func `answers that are distributed alike are no evidence, others are`(isOrdered: Bool) {
        func evidence(_ shift: Int) -> Double {
            var random = Xoshiro256(seed: 2)
            var test = DistributionTest(margin: 0.1, isOrdered: isOrdered, length: 1)
            for _ in 0..<100 {
                test.observe(
                    reference: counts(190, around: 30, &random), candidate: counts(10, around: 30 + shift, &random))
            }
            return test.evidence.logarithm
        }
        #expect(evidence(0) < 2)
        #expect(evidence(8) > 10)
    }

    @Test func `a day that changes the answers of both, and weights that change meanwhile, are no evidence`() throws {
        var random = Xoshiro256(seed: 8)
        var test = DistributionTest(margin: 0.1, isOrdered: true, length: 1)
        for window in 0..<200 {
            let middle = window < 100 ? 10 : 60
            let own = window < 100 ? 10 : 150
            test.observe(
                reference: counts(200 - own, around: middle, &random), candidate: counts(own, around: middle, &random))
        }
        #expect(test.evidence.logarithm < 2)
        #expect(try #require(test.distance) < 0.05)
    }

    @Test func `the distance is nil before anything was compared`() {
        #expect(DistributionTest(margin: 0.1, isOrdered: true).distance == nil)
    }
}
