import Testing

@testable import Statistics

/// Every metric against scikit-learn, over random and degenerate cases.
@Suite struct AgreementTests {
    private let cases: MetricCases

    init() throws {
        cases = try MetricCases.read()
    }

    /// `recall_2` asks for class 2, `recall_macro` for an average.
    private func averaging(_ name: String) -> (base: String, averaging: ClassAveraging?) {
        guard let underscore = name.lastIndex(of: "_") else { return (name, nil) }
        let (base, suffix) = (String(name[..<underscore]), String(name[name.index(after: underscore)...]))
        switch suffix {
        case "macro": return (base, .macro)
        case "weighted": return (base, .weighted)
        default: return Int(suffix).map { (base, .ofClass($0)) } ?? (name, nil)
        }
    }

    private func labelKind(_ name: String) -> LabelMetric.Kind? {
        switch averaging(name) {
        case ("accuracy", nil): .accuracy
        case ("balanced_accuracy", nil): .balancedAccuracy
        case ("precision", let averaging?): .precision(averaging)
        case ("recall", let averaging?): .recall(averaging)
        case ("f1", let averaging?): .f1(averaging)
        default: nil
        }
    }

    private func scoreMetric(_ name: String, _ rows: ScoredRows) -> (any RowMetric)? {
        switch averaging(name) {
        case ("log_loss", nil): ProbabilityMetric(.logLoss, of: rows)
        case ("brier", .ofClass(let index)): ProbabilityMetric(.brier(positive: index), of: rows)
        case ("roc_auc", let averaging?): RankMetric(.rocAUC, averaging, of: rows)
        case ("pr_auc", let averaging?): RankMetric(.averagePrecision, averaging, of: rows)
        default: nil
        }
    }

    private func numberKind(_ name: String) -> RegressionMetric.Kind? {
        switch name {
        case "mae": .meanAbsoluteError
        case "rmse": .rootMeanSquaredError
        case "r2": .r2
        case "mape": .meanAbsolutePercentageError
        default: nil
        }
    }

    @Test func `metrics of labels agree`() throws {
        var compared = 0
        for one in cases.labels {
            let rows = try #require(
                LabelledRows(truth: one.truth, predicted: one.predicted, classCount: one.classes))
            for (name, expected) in one.answers {
                let found = LabelMetric(try #require(labelKind(name)), of: rows).value
                #expect(agree(found.value, expected), "\(one.name): \(name) is \(found), expected \(expected as Any)")
                #expect(found.value != nil || found.remark != nil)
                compared += 1
            }
        }
        #expect(compared > 500)
    }

    @Test func `metrics of scores agree`() throws {
        var compared = 0
        for one in cases.scores {
            let rows = try #require(ScoredRows(truth: one.truth, scores: one.scores.map { $0.map(\.value) }))
            for (name, expected) in one.answers {
                let found = try #require(scoreMetric(name, rows)).value
                #expect(agree(found.value, expected), "\(one.name): \(name) is \(found), expected \(expected as Any)")
                #expect(found.value != nil || found.remark != nil)
                compared += 1
            }
        }
        #expect(compared > 200)
    }

    @Test func `metrics of numbers agree`() throws {
        var compared = 0
        for one in cases.numbers {
            for (name, expected) in one.answers {
                let kind = try #require(numberKind(name))
                let metric = try #require(
                    RegressionMetric(kind, truth: one.truth.map(\.value), predicted: one.predicted.map(\.value)))
                let found = metric.value
                #expect(agree(found.value, expected), "\(one.name): \(name) is \(found), expected \(expected as Any)")
                #expect(found.value != nil || found.remark != nil)
                compared += 1
            }
        }
        #expect(compared > 100)
    }

    @Test func `quantiles are those of numpy`() throws {
        for one in cases.quantiles {
            for (index, share) in one.shares.enumerated() {
                #expect(agree(Quantile.of(share, sorted: one.values), one.answers[index]))
                #expect(agree(Quantile.of(share, sorted: one.values, counts: one.counts), one.counted[index]))
            }
        }
    }

    @Test func `the generator is xoshiro256**`() throws {
        var random = Xoshiro256(seed: cases.generator.seed)
        for expected in cases.generator.next { #expect("\(random.next())" == expected) }
    }

    @Test func `bootstrap intervals are those of the same draws in numpy and scikit-learn`() throws {
        for one in cases.bootstrap {
            let metrics = try [one.first, one.second].map { model -> any RowMetric in
                if let kind = numberKind(one.metric) {
                    return try #require(RegressionMetric(kind, truth: one.truth, predicted: model))
                }
                if let kind = labelKind(one.metric) {
                    let rows = LabelledRows(
                        truth: one.truth.map { Int32($0) }, predicted: model.map { Int32($0) }, classCount: 3)
                    return LabelMetric(kind, of: try #require(rows))
                }
                let rows = try #require(
                    ScoredRows(truth: one.truth.map { $0 == 1 ? 1 : 0 }, probabilitiesOfOne: model))
                return try #require(scoreMetric(one.metric, rows))
            }
            let bootstrap = PairedBootstrap(
                resamples: one.resamples, confidence: one.confidence, seed: one.seed)
            let interval = try #require(bootstrap.interval(metrics[0], less: metrics[1]))
            #expect(agree(interval.difference, one.difference), "\(one.metric)")
            #expect(agree(interval.low, one.low), "\(one.metric): \(interval.low), expected \(one.low)")
            #expect(agree(interval.high, one.high), "\(one.metric): \(interval.high), expected \(one.high)")
            #expect(interval.used == one.resamples)
        }
    }
}
