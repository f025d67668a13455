package import Journal
import Statistics

/// One metric over some rows, and how sure it is.
package struct QualityFigure: Sendable, Hashable {
    package enum Method: String, Sendable, Hashable, CaseIterable {
        /// Wilson's score interval of a share.
        case wilson
        /// The percentile bootstrap of the gates.
        case bootstrap
        /// Random groups, for many rows.
        case groups
    }

    package var metric: QualityMetric
    package var rows: Int
    /// `nil` where it is not defined for these rows.
    package var value: Double?
    /// The 95% interval.
    package var low: Double?
    package var high: Double?
    package var method: Method?
    /// Why it is not defined, or by which convention it has its value.
    package var remark: String?
    /// What the version itself was pushed with under this name.
    package var reference: Double?
}

/// Figures over some rows of a version.
package struct QualityWindow: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The newest rows.
        case rows
        /// Rows of the last hours.
        case hours
    }

    package struct Segment: Sendable, Hashable {
        package var input: String
        package var value: String
        package var rows: Int
        package var figures: [QualityFigure]
    }

    package var kind: Kind
    /// How many rows, or hours.
    package var size: Int
    package var rows: Int
    /// Of the oldest and the newest prediction.
    package var from: Timestamp?
    package var to: Timestamp?
    package var figures: [QualityFigure]
    package var segments: [Segment]
    package var notes: [String]
}

/// What is known of one version.
package struct VersionQuality: Sendable, Hashable {
    package var version: Int
    /// Predictions in the ledger and their rows, and how many of those have their truth.
    package var predictions: Int
    package var rows: Int
    package var labelled: Int
    /// `nil` while no truth is known.
    package var task: QualitySettings.Task?
    package var windows: [QualityWindow]
}

/// What is known of an endpoint.
package struct QualityReport: Sendable, Hashable {
    package var settings: QualitySettings
    /// Whether settings were given, and are not only the defaults.
    package var isConfigured: Bool
    /// Newest first.
    package var versions: [VersionQuality]
    /// Items of feedback whose prediction is not there yet.
    package var waiting: Int
    /// Items that waited for a prediction that then had nothing to hold them against.
    package var unusable: Int
}
