/// What is to be said of a feature, or of all.
package enum DriftVerdict: UInt8, Sendable, Hashable, CaseIterable, Comparable {
    case stable = 1
    /// Large enough, and too unlikely to be passed over, but not as unlikely as drift has to be.
    case suspicious = 2
    case drift = 3

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package var word: String {
        switch self {
        case .stable: "stable"
        case .suspicious: "suspicious"
        case .drift: "drift"
        }
    }
}

/// What a window says of one feature.
package struct FeatureFinding: Sendable, Hashable {
    package var feature: Feature
    package var verdict: DriftVerdict
    /// The test that says most: the least likely of those whose effect is large enough, else the least likely.
    package var strongest: DriftTest.Kind
    /// Of all its tests together: the smallest, with what it gives up for the others.
    package var pValue: Double
    /// By Holm, over all features: held against the level of the window.
    package var adjusted: Double
    package var effect: Double
    /// Whether the effect is one that matters.
    package var isLarge: Bool
    package var stabilityIndex: Double?
    package var jensenShannon: Double?
    package var kolmogorovSmirnov: Double?
    package var wasserstein: Double?
    package var cramersV: Double?
    package var referenceRows: Int
    package var rows: Int
    package var referenceMean: Double?
    package var mean: Double?
    /// Shares: of rows without a value, and of values beyond the reference's.
    package var referenceMissing: Double
    package var missing: Double
    package var outOfRange: Double
    /// The most frequent category that the reference has not, with its share.
    package var newCategory: String?
    package var newShare: Double
}

/// What a window says.
package struct WindowFinding: Sendable, Hashable {
    /// 1, 2, 3 ... for each version of an endpoint.
    package var number: Int
    package var rows: Int
    /// As a clock that nobody sets counted them.
    package var seconds: Double
    /// Microseconds since 1970, by the wall's clock.
    package var closedAt: Int
    package var alpha: Double
    package var features: [FeatureFinding]
    /// Windows in a row that drifted, this one included.
    package var inARow: Int

    package var verdict: DriftVerdict { features.map(\.verdict).max() ?? .stable }
    package var byteCount: Int {
        features.reduce(64) { $0 + MemoryLayout<FeatureFinding>.stride + $1.feature.byteCount }
    }
}
