/// The classes that scores stand for, in their order: found as holdout gates find them.
struct ScoreClasses: Sendable, Hashable {
    var names: [String]
    /// How they were found, where it is a guess.
    var origin: String?

    private static let usualPairs = [["0", "1"], ["false", "true"], ["-1", "1"]]

    /// Which of two classes is the positive one where everybody would say the same.
    static func usualPositive(_ names: [String]) -> String? {
        usualPairs.first { Set($0) == Set(names) }?.last
    }

    /// Ascending: as numbers where all are, else by their code points, which is the order of scikit-learn's `classes_`.
    static func sorted(_ names: Set<String>) -> [String] {
        let numbers = names.compactMap { name in Double(name).map { (name, $0) } }
        guard numbers.count == names.count, numbers.allSatisfy({ $0.1.isFinite }) else {
            return names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
        }
        return numbers.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
    }

    /// Where a model says a class by its number, and nobody else calls it so: the class of that number.
    func name(ofLabel label: String) -> String {
        if names.contains(label) { return label }
        guard let index = Int(label), names.indices.contains(index) else { return label }
        return names[index]
    }

    /// - Parameters:
    ///   - given: by the settings.
    ///   - described: by the model file.
    /// - Returns: `nil` where they are not to be known.
    static func find(
        width: Int, truth: Set<String>, labels: Set<String>, given: [String]?, described: [String]?,
        positive: String?, agrees: ([String]) -> Bool
    ) -> ScoreClasses? {
        if width == 0 {
            let known = [given, described].compactMap { $0 }.first { truth.isSubset(of: $0) }
            return ScoreClasses(names: known ?? sorted(truth.union(labels)))
        }
        if width == 1 { return pair(truth.union(labels), given: given, positive: positive) }
        if let given { return given.count == width ? ScoreClasses(names: given) : nil }
        let guesses = [
            ScoreClasses(names: described ?? [], origin: "named by the model file"),
            ScoreClasses(names: sorted(truth.union(labels)), origin: "those that occur, ascending"),
            ScoreClasses(names: (0..<min(width, 100_000)).map(String.init), origin: "numbered from 0"),
        ]
        return guesses.first { $0.names.count == width && truth.isSubset(of: $0.names) && agrees($0.names) }
    }

    /// One score is that of the positive class.
    private static func pair(_ seen: Set<String>, given: [String]?, positive: String?) -> ScoreClasses? {
        let known = given ?? usualPairs.first { seen.isSubset(of: $0) } ?? (seen.count == 2 ? sorted(seen) : nil)
        guard let known, known.count == 2, let last = positive ?? usualPositive(known), known.contains(last),
            let other = known.first(where: { $0 != last })
        else { return nil }
        return ScoreClasses(names: [other, last])
    }
}
