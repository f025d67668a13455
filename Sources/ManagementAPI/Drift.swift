/// How far what an endpoint is asked and answers has gone from its reference, version by version.
public struct DriftInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    /// Whether it is watched.
    public var enabled: Bool
    /// The version that answers; absent where nothing is deployed any more.
    public var live: Int?
    /// Newest first.
    public var versions: [DriftVersionInfo]

    public init(endpoint: String, space: String, enabled: Bool, live: Int?, versions: [DriftVersionInfo]) {
        self.endpoint = endpoint
        self.space = space
        self.enabled = enabled
        self.live = live
        self.versions = versions
    }
}

/// The watch over one version.
public struct DriftVersionInfo: Codable, Sendable, Hashable {
    public var version: Int
    /// Whether its predictions are counted just now.
    public var watched: Bool
    public var reference: DriftReferenceInfo
    /// The window that is open.
    public var open: DriftOpenWindowInfo
    /// What the last window said; absent before the first is closed.
    public var latest: DriftWindowInfo?
    /// Closed windows, oldest first; absent unless asked for.
    public var windows: [DriftWindowInfo]?
    /// Features that are not watched because there are too many.
    public var leftOut: [String]
    /// Rows that were counted since the server started.
    public var sampled: Int
    /// Rows that were to be counted and found no room.
    public var dropped: Int
    /// Of memory.
    public var bytes: Int

    public init(
        version: Int, watched: Bool, reference: DriftReferenceInfo, open: DriftOpenWindowInfo, latest: DriftWindowInfo?,
        windows: [DriftWindowInfo]?, leftOut: [String], sampled: Int, dropped: Int, bytes: Int
    ) {
        self.version = version
        self.watched = watched
        self.reference = reference
        self.open = open
        self.latest = latest
        self.windows = windows
        self.leftOut = leftOut
        self.sampled = sampled
        self.dropped = dropped
        self.bytes = bytes
    }
}

/// Where a reference comes from.
public enum DriftReferenceKind: String, Codable, Sendable, Hashable, CaseIterable {
    /// The file that was pushed with the version.
    case file
    /// The first rows that the version was asked for.
    case firstRows = "first_rows"
    /// Both: the file has only some of the features.
    case mixed
}

/// What windows are held against.
public struct DriftReferenceInfo: Codable, Sendable, Hashable {
    public var kind: DriftReferenceKind
    /// Rows of the largest part of it; 0 while there is none.
    public var rows: Int
    /// First rows that are still to come.
    public var missingRows: Int
    /// Features with a reference from the file, and from first rows.
    public var fromFile: Int
    public var fromFirstRows: Int

    public init(kind: DriftReferenceKind, rows: Int, missingRows: Int, fromFile: Int, fromFirstRows: Int) {
        self.kind = kind
        self.rows = rows
        self.missingRows = missingRows
        self.fromFile = fromFile
        self.fromFirstRows = fromFirstRows
    }
}

/// The window that is being counted.
public struct DriftOpenWindowInfo: Codable, Sendable, Hashable {
    public var number: Int
    public var rows: Int
    public var seconds: Double

    public init(number: Int, rows: Int, seconds: Double) {
        self.number = number
        self.rows = rows
        self.seconds = seconds
    }
}

/// What a window, or one of its features, came to.
public enum DriftVerdictWord: String, Codable, Sendable, Hashable, CaseIterable { case stable, suspicious, drift }

/// A window that is closed.
public struct DriftWindowInfo: Codable, Sendable, Hashable {
    public var number: Int
    public var verdict: DriftVerdictWord
    public var rows: Int
    public var seconds: Double
    public var closedAt: String
    /// The chance of drift that is none, of all features together.
    public var alpha: Double
    /// Windows in a row that drifted, this one included.
    public var inARow: Int
    /// The worst first.
    public var features: [DriftFeatureInfo]

    public init(
        number: Int, verdict: DriftVerdictWord, rows: Int, seconds: Double, closedAt: String, alpha: Double,
        inARow: Int, features: [DriftFeatureInfo]
    ) {
        self.number = number
        self.verdict = verdict
        self.rows = rows
        self.seconds = seconds
        self.closedAt = closedAt
        self.alpha = alpha
        self.inARow = inARow
        self.features = features
    }
}

/// What a window says of one feature.
public struct DriftFeatureInfo: Codable, Sendable, Hashable {
    public var feature: String
    /// `input` or `output`.
    public var role: String
    public var tensor: String
    public var column: Int
    /// `number`, `text`, `length` or `mean`.
    public var aspect: String
    public var verdict: DriftVerdictWord
    /// The test that says most: `mix`, `distribution`, `missing`, `range` or `new_category`.
    public var test: String
    public var pValue: Double
    /// By Holm over all features; held against the window's `alpha`.
    public var adjusted: Double
    /// Of that test.
    public var effect: Double
    public var isLarge: Bool
    public var stabilityIndex: Double?
    public var jensenShannon: Double?
    public var kolmogorovSmirnov: Double?
    /// In standard deviations of the reference.
    public var wasserstein: Double?
    public var cramersV: Double?
    public var referenceRows: Int
    public var rows: Int
    public var referenceMean: Double?
    public var mean: Double?
    public var referenceMissing: Double
    public var missing: Double
    public var outOfRange: Double
    public var newCategory: String?
    public var newShare: Double

    public init(
        feature: String, role: String, tensor: String, column: Int, aspect: String, verdict: DriftVerdictWord,
        test: String, pValue: Double, adjusted: Double, effect: Double, isLarge: Bool, stabilityIndex: Double?,
        jensenShannon: Double?, kolmogorovSmirnov: Double?, wasserstein: Double?, cramersV: Double?,
        referenceRows: Int, rows: Int, referenceMean: Double?, mean: Double?, referenceMissing: Double,
        missing: Double, outOfRange: Double, newCategory: String?, newShare: Double
    ) {
        self.feature = feature
        self.role = role
        self.tensor = tensor
        self.column = column
        self.aspect = aspect
        self.verdict = verdict
        self.test = test
        self.pValue = pValue
        self.adjusted = adjusted
        self.effect = effect
        self.isLarge = isLarge
        self.stabilityIndex = stabilityIndex
        self.jensenShannon = jensenShannon
        self.kolmogorovSmirnov = kolmogorovSmirnov
        self.wasserstein = wasserstein
        self.cramersV = cramersV
        self.referenceRows = referenceRows
        self.rows = rows
        self.referenceMean = referenceMean
        self.mean = mean
        self.referenceMissing = referenceMissing
        self.missing = missing
        self.outOfRange = outOfRange
        self.newCategory = newCategory
        self.newShare = newShare
    }
}
