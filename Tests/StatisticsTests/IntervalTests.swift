import Testing

@testable import Statistics

/// Against scipy 1.17: `binomtest(hits, total).proportion_ci(method="wilson")`.
@Suite struct `Intervals of one figure` {
    @Test(arguments: [
        (8.0, 10.0, 0.490162471537, 0.943317848546), (0, 20, 0, 0.161125158053), (20, 20, 0.838874841947, 1),
        (933, 1000, 0.915787946758, 0.946898080393),
    ])
    func `a share has the interval of Wilson's score`(hits: Double, total: Double, low: Double, high: Double) throws {
        let interval = try #require(WilsonInterval.of(hits: hits, total: total))
        #expect(abs(interval.low - low) < 1e-9)
        #expect(abs(interval.high - high) < 1e-9)
    }

    @Test func `there is none of nothing, nor of what is no share`() {
        #expect(WilsonInterval.of(hits: 0, total: 0) == nil)
        #expect(WilsonInterval.of(hits: 3, total: 2) == nil)
        #expect(WilsonInterval.of(hits: -1, total: 2) == nil)
        #expect(WilsonInterval.of(hits: .nan, total: 2) == nil)
    }

    /// The interval of a mean by random groups is about that of the textbook, and holds the true mean about as often as
    /// it says.
    @Test func `random groups hold the truth in about 95 of 100 samples`() throws {
        var hits = 0
        var random = Xoshiro256(seed: 7)
        for _ in 0..<300 {
            let truth = (0..<2000).map { _ in Double(random.below(1000)) / 1000 }
            let metric = try #require(
                RegressionMetric(.meanAbsoluteError, truth: truth, predicted: Array(repeating: 0, count: 2000)))
            let interval = try #require(RandomGroups().interval(metric))
            if (interval.low...interval.high).contains(0.4995) { hits += 1 }
        }
        #expect((270...297).contains(hits), "\(hits) of 300")
    }

    @Test func `too few rows have no interval by groups`() throws {
        let metric = try #require(RegressionMetric(.r2, truth: [1, 2, 3], predicted: [1, 2, 3]))
        #expect(RandomGroups().interval(metric) == nil)
    }
}
