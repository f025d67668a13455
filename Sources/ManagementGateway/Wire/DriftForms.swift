import Drift
import Journal
import ManagementAPI

extension DriftVersionInfo {
    init(_ drift: VersionDrift, withWindows: Bool) {
        self.init(
            version: drift.version, watched: drift.isWatched, reference: DriftReferenceInfo(drift),
            open: DriftOpenWindowInfo(
                number: drift.window.number, rows: drift.window.rows, seconds: drift.window.seconds),
            latest: drift.last.map { DriftWindowInfo($0) },
            windows: withWindows ? drift.windows.map { DriftWindowInfo($0) } : nil, leftOut: drift.leftOut,
            sampled: drift.sampled, dropped: drift.dropped, bytes: drift.bytes)
    }
}

extension DriftReferenceInfo {
    init(_ drift: VersionDrift) {
        let file = drift.features.count { $0.source == .file }
        let first = drift.features.count - file
        self.init(
            kind: file == 0 ? .firstRows : first == 0 ? .file : .mixed,
            rows: drift.features.map(\.referenceRows).max() ?? 0, missingRows: drift.missingRows, fromFile: file,
            fromFirstRows: first)
    }
}

extension DriftWindowInfo {
    init(_ finding: WindowFinding) {
        self.init(
            number: finding.number, verdict: DriftVerdictWord(finding.verdict), rows: finding.rows,
            seconds: finding.seconds, closedAt: Timestamp(microseconds: finding.closedAt).description,
            alpha: finding.alpha, inARow: finding.inARow,
            features: finding.features.sorted {
                ($1.verdict, $0.adjusted, -$0.effect) < ($0.verdict, $1.adjusted, -$1.effect)
            }.map { DriftFeatureInfo($0) })
    }
}

extension DriftVerdictWord {
    fileprivate init(_ verdict: DriftVerdict) {
        switch verdict {
        case .stable: self = .stable
        case .suspicious: self = .suspicious
        case .drift: self = .drift
        }
    }
}

extension DriftFeatureInfo {
    fileprivate init(_ finding: FeatureFinding) {
        let aspect =
            switch finding.feature.aspect {
            case .number: "number"
            case .text: "text"
            case .length: "length"
            case .mean: "mean"
            }
        let test =
            switch finding.strongest {
            case .mix: "mix"
            case .distribution: "distribution"
            case .missing: "missing"
            case .range: "range"
            case .newCategory: "new_category"
            }
        self.init(
            feature: finding.feature.label, role: finding.feature.role == .input ? "input" : "output",
            tensor: finding.feature.tensor, column: finding.feature.column, aspect: aspect,
            verdict: DriftVerdictWord(finding.verdict), test: test, pValue: finding.pValue, adjusted: finding.adjusted,
            effect: finding.effect, isLarge: finding.isLarge, stabilityIndex: Self.finite(finding.stabilityIndex),
            jensenShannon: Self.finite(finding.jensenShannon),
            kolmogorovSmirnov: Self.finite(finding.kolmogorovSmirnov), wasserstein: Self.finite(finding.wasserstein),
            cramersV: Self.finite(finding.cramersV), referenceRows: finding.referenceRows, rows: finding.rows,
            referenceMean: Self.finite(finding.referenceMean), mean: Self.finite(finding.mean),
            referenceMissing: finding.referenceMissing, missing: finding.missing, outOfRange: finding.outOfRange,
            newCategory: finding.newCategory, newShare: finding.newShare)
    }

    /// JSON has no infinity.
    private static func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
}
