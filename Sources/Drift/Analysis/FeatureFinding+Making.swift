extension FeatureFinding {
    /// What the tests say together, before it is held against all other features.
    init(_ feature: Feature, _ distances: Distances, _ tests: [DriftTest]) {
        let large = tests.filter(\.isLarge)
        let strongest = (large.isEmpty ? tests : large).min { ($0.shared, -$0.effect) < ($1.shared, -$1.effect) }
        self.init(
            feature: feature, verdict: .stable, strongest: strongest?.kind ?? .missing,
            pValue: strongest?.shared ?? 1, adjusted: 1,
            effect: strongest?.effect ?? 0, isLarge: !large.isEmpty, stabilityIndex: distances.stabilityIndex,
            jensenShannon: distances.jensenShannon, kolmogorovSmirnov: distances.kolmogorovSmirnov,
            wasserstein: distances.wasserstein, cramersV: distances.cramersV, referenceRows: 0, rows: 0,
            referenceMissing: 0, missing: 0, outOfRange: 0, newShare: 0)
    }

    mutating func describe(_ reference: NumberReference, _ current: NumberCounts) {
        referenceRows = Int(reference.rows)
        rows = Int(clamping: current.rows)
        referenceMean = reference.total > 0 ? reference.mean : nil
        mean = current.mean
        referenceMissing = (reference.missing + reference.infinite) / max(1, reference.rows)
        missing = Double(current.missing + current.infinite) / Double(max(1, current.rows))
        outOfRange = Double(current.outOfRange) / Double(max(1, current.total))
    }

    mutating func describe(_ reference: TextReference, _ current: TextCounts) {
        referenceRows = Int(reference.rows)
        rows = Int(clamping: current.rows)
        referenceMissing = reference.missing / max(1, reference.rows)
        missing = Double(current.missing) / Double(max(1, current.rows))
        guard reference.isComplete, let newcomer = current.newcomer else { return }
        newCategory = newcomer.text
        newShare = Double(newcomer.count) / Double(max(1, current.total))
    }
}
