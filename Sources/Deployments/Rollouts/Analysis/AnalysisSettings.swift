package import Journal

/// What a canary may differ by from stable, and how sure one wants to be before it is rolled back.
package struct AnalysisSettings: Sendable, Hashable {
    /// The largest chance that a canary within all limits is rolled back at all: over all metrics, looks and steps.
    package var alpha = 0.01
    /// Requests that each variant must have answered in a step before the step can pass. Never delays a failure.
    package var minimumSamples = 100
    /// Limits; `nil`: not judged. By how much the share of failed requests may be above stable's: 0.005 is half a point.
    package var maxErrorRateIncrease: Double? = 0.005
    /// By how much the share of answers with a NaN or an infinity may be above stable's.
    package var maxNonFiniteIncrease: Double? = 0.001
    /// How many times stable's the canary's median latency may be. Latencies are counted in steps of a quarter
    /// (`LatencyHistogram.bounds`), so a limit between two steps counts as the higher one.
    package var maxP50Ratio: Double? = 1.25
    package var maxP99Ratio: Double? = 1.25
    /// How far the distributions of an output may be apart: of numbers the largest difference between the shares of
    /// answers up to any value, of texts the share that would have to be another.
    package var maxOutputDistance: Double? = 0.1
    /// By how much the mean loss, from 0 to 1, may be above stable's where the truth has come back.
    package var maxQualityLossIncrease: Double? = 0.02
    /// Outcomes of each variant that a step must get back before it can pass, where a rollout has metrics. Never delays a
    /// failure.
    package var minimumOutcomes = 100
    /// How often in a row an external check must fail; one that is not to be had keeps the step from passing.
    package var checkFailures = 2

    package init() {}

    /// Throws `invalid` for what is outside its range.
    package func validate() throws(ControlError) {
        try Self.check("alpha", alpha, 0.0001...0.2)
        try Self.check("minimumSamples", Double(minimumSamples), 1...10_000_000)
        try Self.check("maxErrorRateIncrease", maxErrorRateIncrease, 0...0.5)
        try Self.check("maxNonFiniteIncrease", maxNonFiniteIncrease, 0...0.5)
        try Self.check("maxP50Ratio", maxP50Ratio, 1...100)
        try Self.check("maxP99Ratio", maxP99Ratio, 1...100)
        try Self.check("maxOutputDistance", maxOutputDistance, 0...0.9)
        try Self.check("maxQualityLossIncrease", maxQualityLossIncrease, 0...0.9)
        try Self.check("minimumOutcomes", Double(minimumOutcomes), 0...10_000_000)
        try Self.check("checkFailures", Double(checkFailures), 1...100)
    }

    private static func check(
        _ name: String, _ value: Double?, _ range: ClosedRange<Double>
    ) throws(ControlError) {
        guard let value, !range.contains(value) else { return }
        throw ControlError(
            .invalid,
            "'\(name)' is from \(FigureWords.number(range.lowerBound)) to \(FigureWords.number(range.upperBound)), "
                + "got \(FigureWords.number(value))",
            field: name)
    }
}

extension AnalysisSettings: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case alpha, minimumSamples, maxErrorRateIncrease, maxNonFiniteIncrease, maxP50Ratio, maxP99Ratio,
            maxOutputDistance, maxQualityLossIncrease, minimumOutcomes, checkFailures
    }

    /// What is not said is as `AnalysisSettings()` has it; `null` for a limit takes it away.
    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func limit(_ key: CodingKeys, _ standard: Double?) throws -> Double? {
            container.contains(key) ? try container.decode(Double?.self, forKey: key) : standard
        }
        alpha = try container.decodeIfPresent(Double.self, forKey: .alpha) ?? alpha
        minimumSamples = try container.decodeIfPresent(Int.self, forKey: .minimumSamples) ?? minimumSamples
        maxErrorRateIncrease = try limit(.maxErrorRateIncrease, maxErrorRateIncrease)
        maxNonFiniteIncrease = try limit(.maxNonFiniteIncrease, maxNonFiniteIncrease)
        maxP50Ratio = try limit(.maxP50Ratio, maxP50Ratio)
        maxP99Ratio = try limit(.maxP99Ratio, maxP99Ratio)
        maxOutputDistance = try limit(.maxOutputDistance, maxOutputDistance)
        maxQualityLossIncrease = try limit(.maxQualityLossIncrease, maxQualityLossIncrease)
        minimumOutcomes = try container.decodeIfPresent(Int.self, forKey: .minimumOutcomes) ?? minimumOutcomes
        checkFailures = try container.decodeIfPresent(Int.self, forKey: .checkFailures) ?? checkFailures
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(alpha, forKey: .alpha)
        try container.encode(minimumSamples, forKey: .minimumSamples)
        try container.encode(maxErrorRateIncrease, forKey: .maxErrorRateIncrease)
        try container.encode(maxNonFiniteIncrease, forKey: .maxNonFiniteIncrease)
        try container.encode(maxP50Ratio, forKey: .maxP50Ratio)
        try container.encode(maxP99Ratio, forKey: .maxP99Ratio)
        try container.encode(maxOutputDistance, forKey: .maxOutputDistance)
        try container.encode(maxQualityLossIncrease, forKey: .maxQualityLossIncrease)
        try container.encode(minimumOutcomes, forKey: .minimumOutcomes)
        try container.encode(checkFailures, forKey: .checkFailures)
    }

    /// The names of the fields, for whoever reads them strictly.
    package static var fieldNames: [String] { CodingKeys.allCases.map(\.rawValue) }
}
