import Statistics

/// Holds a window against its reference: every feature has its tests, and all together one level.
package struct DriftJudge: Sendable {
    package var rules: DriftRules

    package init(_ rules: DriftRules = DriftRules()) { self.rules = rules }

    /// - Parameters:
    ///   - features: as many as references and counts.
    ///   - seconds: that the window lasted.
    package func judge(
        _ features: [Feature], _ references: [FeatureReference], _ counts: [FeatureCounts], seconds: Double
    ) -> [FeatureFinding] {
        guard features.count == references.count, features.count == counts.count else { return [] }
        var findings = features.indices.map { examine(features[$0], references[$0], counts[$0]) }
        let chances = findings.map(\.pValue)
        let adjusted = MultipleTesting.holm(chances)
        let discovery = MultipleTesting.benjaminiHochberg(chances)
        let alpha = rules.alpha(seconds: seconds)
        for index in findings.indices {
            findings[index].adjusted = adjusted[index]
            guard findings[index].isLarge else { continue }
            if adjusted[index] <= alpha {
                findings[index].verdict = .drift
            } else if discovery[index] <= rules.suspicion {
                findings[index].verdict = .suspicious
            }
        }
        return findings
    }

    /// One feature by itself: its chance is that of the least likely test whose effect is large enough.
    private func examine(
        _ feature: Feature, _ reference: FeatureReference, _ counts: FeatureCounts
    ) -> FeatureFinding {
        var finding: FeatureFinding
        switch (reference, counts) {
        case (.numbers(let reference), .numbers(let current)):
            let distances = reference.distances(to: current)
            finding = FeatureFinding(feature, distances, reference.tests(current, distances, rules))
            finding.describe(reference, current)
        case (.texts(let reference), .texts(let current)):
            let distances = reference.distances(to: current)
            finding = FeatureFinding(feature, distances, reference.tests(current, distances, rules))
            finding.describe(reference, current)
        default: finding = FeatureFinding(feature, Distances(reference: [], current: []), [])
        }
        return finding
    }
}
