import Testing

@testable import Statistics

@Suite struct BootstrapTests {
    private func labels(_ truth: [Int32], _ predicted: [Int32]) throws -> LabelMetric {
        LabelMetric(.accuracy, of: try #require(LabelledRows(truth: truth, predicted: predicted, classCount: 2)))
    }

    @Test func `two models that answer alike do not differ, in no draw`() throws {
        let truth: [Int32] = [0, 1, 1, 0, 1, 0, 0, 1]
        let model = try labels(truth, [0, 1, 0, 0, 1, 1, 0, 1])
        let interval = try #require(PairedBootstrap().interval(model, less: model))
        #expect((interval.difference, interval.low, interval.high) == (0, 0, 0))
    }

    @Test func `the same seed gives the same interval, another one another`() throws {
        let truth = (0..<60).map { Int32($0 % 2) }
        let first = try labels(truth, truth.enumerated().map { $0.offset % 7 == 0 ? 0 : $0.element })
        let second = try labels(truth, truth.enumerated().map { $0.offset % 3 == 0 ? 0 : $0.element })
        let intervals = [1, 1, 2].map { PairedBootstrap(seed: $0).interval(first, less: second) }
        #expect(intervals[0] == intervals[1])
        #expect(intervals[0] != intervals[2])
        let interval = try #require(intervals[0])
        #expect(interval.low <= interval.difference && interval.difference <= interval.high)
    }

    @Test func `more confidence is a wider interval`() throws {
        let truth = (0..<60).map { Int32($0 % 2) }
        let first = try labels(truth, truth)
        let second = try labels(truth, truth.enumerated().map { $0.offset % 3 == 0 ? 0 : $0.element })
        let narrow = try #require(PairedBootstrap(confidence: 0.5).interval(first, less: second))
        let wide = try #require(PairedBootstrap(confidence: 0.99).interval(first, less: second))
        #expect(wide.low < narrow.low && narrow.high < wide.high)
    }

    /// One positive row among twenty is missing from a third of the draws; two of one class only from all.
    @Test func `draws in which the metric is not defined are left out, and too many of them are no interval`() throws {
        func metric(_ positives: Int, of rows: Int) throws -> RankMetric {
            let truth = (0..<rows).map { Int32($0 < positives ? 1 : 0) }
            let scores = (0..<rows).map { Double($0 * 7 % 5) / 5 }
            let rows = try #require(ScoredRows(truth: truth, probabilitiesOfOne: scores))
            return RankMetric(.rocAUC, .ofClass(1), of: rows)
        }
        let rare = try metric(1, of: 20)
        let interval = try #require(PairedBootstrap().interval(rare, less: rare))
        #expect((500..<800).contains(interval.used))
        let none = try metric(0, of: 20)
        #expect(PairedBootstrap().interval(none, less: none) == nil)
        let pair = try metric(1, of: 2)
        #expect(PairedBootstrap(resamples: 400).interval(pair, less: pair)?.used ?? 200 <= 250)
    }

    @Test func `what cannot be compared has no interval`() throws {
        let two = try labels([0, 1], [0, 1])
        let three = try labels([0, 1, 1], [0, 1, 0])
        #expect(PairedBootstrap().interval(two, less: three) == nil)
        #expect(PairedBootstrap(resamples: 0).interval(two, less: two) == nil)
        let none = try labels([], [])
        #expect(PairedBootstrap().interval(none, less: none) == nil)
    }

    /// Of 200 samples from one population, about 5 % of the 95 % intervals should miss the true difference of 0.
    @Test func `intervals hold the true difference about as often as they say`() throws {
        var random = Xoshiro256(seed: 7)
        var misses = 0
        for _ in 0..<200 {
            let truth = (0..<80).map { _ in Int32(random.below(2)) }
            let models = try (0..<2).map { _ in
                try labels(truth, truth.map { random.below(10) < 8 ? $0 : 1 - $0 })
            }
            let interval = try #require(PairedBootstrap(resamples: 200).interval(models[0], less: models[1]))
            if interval.low > 0 || interval.high < 0 { misses += 1 }
        }
        #expect((2...24).contains(misses))
    }
}

@Suite struct RowCountsTests {
    @Test func `a row that counts three times is there three times`() throws {
        let (truth, predicted) = ([1.0, 2, 4, 9], [1.5, 2, 3, 7])
        let counts: [UInt32] = [3, 0, 1, 2]
        func repeated(_ values: [Double]) -> [Double] {
            zip(values, counts).flatMap { Array(repeating: $0, count: Int($1)) }
        }
        for kind in RegressionMetric.Kind.allCases {
            let counted = try #require(RegressionMetric(kind, truth: truth, predicted: predicted))
                .value(counting: RowCounts(counts))
            let written = try #require(
                RegressionMetric(kind, truth: repeated(truth), predicted: repeated(predicted))
            ).value
            #expect(agree(counted.value, written.value))
        }
    }

    @Test func `counts for other rows are refused, and nothing traps`() throws {
        let counts = RowCounts([1, 1])
        let regression = try #require(RegressionMetric(.r2, truth: [1, 2, 3], predicted: [1, 2, 3]))
        #expect(regression.value(counting: counts).value == nil)
        let rows = try #require(ScoredRows(truth: [0, 1, 1], probabilitiesOfOne: [0.1, 0.2, 0.3]))
        #expect(RankMetric(.rocAUC, .macro, of: rows).value(counting: counts).value == nil)
        #expect(RankMetric(.rocAUC, .ofClass(9), of: rows).value.value == nil)
        #expect(ProbabilityMetric(.logLoss, of: rows).value(counting: counts).value == nil)
        #expect(ProbabilityMetric(.brier(positive: -3), of: rows).value.value != nil)
        let labelled = try #require(LabelledRows(truth: [0, 1, 1], predicted: [0, 1, 1], classCount: 2))
        #expect(LabelMetric(.accuracy, of: labelled).value(counting: counts).value == nil)
        #expect(LabelMetric(.recall(.ofClass(-1)), of: labelled).value.value == nil)
    }

    @Test func `rows that contradict themselves make no metric`() {
        #expect(LabelledRows(truth: [0, 1], predicted: [0], classCount: 2) == nil)
        #expect(LabelledRows(truth: [0, 2], predicted: [0, 1], classCount: 2) == nil)
        #expect(LabelledRows(truth: [0, -1], predicted: [0, 1], classCount: 2) == nil)
        #expect(ScoredRows(truth: [0, 1], scores: [[0.1], [0.2]]) == nil)
        #expect(ScoredRows(truth: [2], scores: [[0.1], [0.2]]) == nil)
        #expect(RegressionMetric(.r2, truth: [1], predicted: []) == nil)
    }

    @Test func `a constant truth is one, whatever its mean comes to by summation`() throws {
        let metric = try #require(RegressionMetric(.r2, truth: [0.1, 0.1, 0.1], predicted: [0.1, 0.2, 0.3]))
        #expect(metric.value.value == 0)
    }

    @Test func `quantiles of nothing, and of no share`() {
        #expect(Quantile.of(0.5, sorted: []) == nil)
        #expect(Quantile.of(.nan, sorted: [1]) == nil)
        #expect(Quantile.of(7, sorted: [1, 2]) == 2)
        #expect(Quantile.of(0.5, sorted: [1, 2], counts: [0, 0]) == nil)
        #expect(Quantile.of(0.5, sorted: [1, 2], counts: [1]) == nil)
    }
}
