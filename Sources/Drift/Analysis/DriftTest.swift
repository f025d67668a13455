import Statistics

/// One question to a feature's window: how likely is that by chance, and how large is it?
package struct DriftTest: Sendable, Hashable {
    package enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        /// Chi-square over the bins.
        case mix = 1
        /// Kolmogorov-Smirnov.
        case distribution = 2
        /// The share of rows without a finite value, or with an empty text.
        case missing = 3
        /// The share of values beyond all of the reference.
        case range = 4
        /// The share of the most frequent category that the reference has not.
        case newCategory = 5

        /// Of a feature's level; those that a feature of numbers or of texts has sum to 1.
        var weight: Double {
            switch self {
            case .mix, .distribution: 0.4
            case .missing, .range: 0.1
            case .newCategory: 0.5
            }
        }
    }

    package var kind: Kind
    package var pValue: Double
    package var effect: Double
    /// Below which it does not matter.
    package var least: Double
    package var isLarge: Bool { effect >= least }
    /// The chance, times what the test has to give up for there being others: together they give up no more than all.
    package var shared: Double { min(1, pValue / kind.weight) }
}

extension NumberReference {
    func tests(_ current: NumberCounts, _ distances: Distances, _ rules: DriftRules) -> [DriftTest] {
        let (all, seen) = (Int(total), Int(clamping: current.total))
        var tests: [DriftTest] = []
        if all > 0, seen > 0 {
            tests.append(
                DriftTest(
                    kind: .mix, pValue: distances.chance, effect: distances.excess, least: rules.leastIndex))
            let distance = distances.kolmogorovSmirnov ?? 0
            tests.append(
                DriftTest(
                    kind: .distribution,
                    pValue: KolmogorovSmirnov.asymptoticPValue(distance, Double(all), Double(seen)), effect: distance,
                    least: rules.leastDistance))
            tests.append(range(current, all, seen, rules))
        }
        tests.append(
            .missing(
                before: Int(missing + infinite), of: Int(rows), now: Int(clamping: current.missing + current.infinite),
                of: Int(clamping: current.rows), rules))
        return tests
    }

    /// Where both samples are of one population, all orders of their values are equally likely: also those in which the
    /// first so many are of the window.
    private func range(_ current: NumberCounts, _ all: Int, _ seen: Int, _ rules: DriftRules) -> DriftTest {
        let sides = [current.cells[0], current.cells[current.cells.count - 1]].map { Int(clamping: $0) }
        let chances = sides.map { Hypergeometric.greater(before: 0, of: all, now: $0, of: seen) }
        return DriftTest(
            kind: .range, pValue: min(1, 2 * (chances.min() ?? 1)),
            effect: Double(sides.max() ?? 0) / Double(max(1, seen)), least: rules.leastShare)
    }
}

extension TextReference {
    func tests(_ current: TextCounts, _ distances: Distances, _ rules: DriftRules) -> [DriftTest] {
        let (all, seen) = (Int(total), Int(clamping: current.total))
        var tests: [DriftTest] = []
        if all > 0, seen > 0 {
            tests.append(
                DriftTest(kind: .mix, pValue: distances.chance, effect: distances.excess, least: rules.leastIndex))
            if isComplete, let newcomer = current.newcomer {
                // It was chosen out of those that are new.
                let others = current.others
                let choices = others.isExact ? others.entries.count : others.count
                let chance = Hypergeometric.greater(before: 0, of: all, now: newcomer.count, of: seen)
                tests.append(
                    DriftTest(
                        kind: .newCategory, pValue: min(1, chance * Double(choices)),
                        effect: Double(newcomer.count) / Double(seen), least: rules.leastShare))
            }
        }
        tests.append(
            .missing(
                before: Int(missing), of: Int(rows), now: Int(clamping: current.missing),
                of: Int(clamping: current.rows), rules))
        return tests
    }
}

extension DriftTest {
    fileprivate static func missing(
        before: Int, of all: Int, now: Int, of seen: Int, _ rules: DriftRules
    ) -> DriftTest {
        let (share, usual) = (Double(now) / Double(max(1, seen)), Double(before) / Double(max(1, all)))
        return DriftTest(
            kind: .missing, pValue: Hypergeometric.twoSided(before: before, of: all, now: now, of: seen),
            effect: abs(share - usual), least: rules.leastShare)
    }
}
