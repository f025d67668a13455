import InferenceProtocol
import Journal
import Registry
import Tensors

/// The classes that a model's scores stand for, in their order.
struct ClassList: Sendable, Hashable {
    var names: [String]
    /// How they were found, for people; `nil` where there is nothing to say.
    var origin: String?

    /// Classes of a truth that is right or wrong, by the names that such have: the negative one first.
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

    /// The classes of as many scores as `answers` has.
    ///
    /// - Parameters:
    ///   - given: by the rule.
    ///   - described: by the model file itself.
    /// - Throws: `invalid` when they are not to be known.
    static func find(
        _ answers: ModelAnswers, truth: Set<String>, given: [String]?, described: [String]?, positive: String?,
        who: String
    ) throws(ControlError) -> ClassList {
        let width = answers.scores.count
        if width == 0 {
            let known = [given, described].compactMap { $0 }.first { truth.isSubset(of: $0) }
            if let known { return ClassList(names: known) }
            return ClassList(names: sorted(truth.union(answers.labels ?? [])))
        }
        if width == 1 { return try pair(truth, given: given, positive: positive, who: who) }
        if let given {
            guard given.count == width else {
                throw ControlError(
                    .invalid, "\(who) gives \(width) scores for each row, but 'classes' has \(given.count)",
                    field: "classes")
            }
            return ClassList(names: given)
        }
        let guesses = [
            ClassList(names: described ?? [], origin: "named by the model file"),
            ClassList(names: sorted(truth), origin: "those of the data set, ascending"),
            ClassList(names: (0..<min(width, 100_000)).map(String.init), origin: "numbered from 0"),
        ]
        for guess in guesses
        where guess.names.count == width && truth.isSubset(of: guess.names) && guess.agrees(with: answers) {
            return guess
        }
        throw ControlError(
            .invalid, "\(who) gives \(width) scores for each row, and which classes they stand for is not known",
            field: "classes", hint: "list the classes in the order of the scores with 'classes'")
    }

    /// One score is that of the positive class.
    private static func pair(
        _ truth: Set<String>, given: [String]?, positive: String?, who: String
    ) throws(ControlError) -> ClassList {
        let known = given ?? usualPairs.first { truth.isSubset(of: $0) } ?? (truth.count == 2 ? sorted(truth) : nil)
        guard let known, known.count == 2, let last = positive ?? usualPositive(known), known.contains(last),
            let other = known.first(where: { $0 != last })
        else {
            throw ControlError(
                .invalid,
                "\(who) gives one score for each row, and of which of the classes \(InputPlan.listed(sorted(truth))) "
                    + "is not known", field: "positiveClass",
                hint: "name it with 'positiveClass', and both with 'classes' where the data set has not both")
        }
        return ClassList(names: [other, last])
    }

    /// Whether the class with the highest score is the predicted one in most rows.
    private func agrees(with answers: ModelAnswers) -> Bool {
        guard let labels = answers.labels else { return true }
        var hits = 0
        for (row, label) in labels.enumerated() {
            guard let highest = answers.highest(row) else { continue }
            if names[highest] == name(ofLabel: label) { hits += 1 }
        }
        return hits * 2 > labels.count
    }
}

extension ModelAnswers {
    /// Which score of a row is the highest, the first of equal ones; `nil` when one of them is not a number.
    func highest(_ row: Int) -> Int? {
        var best: (column: Int, score: Double)?
        for (column, values) in scores.enumerated() {
            let score = values[row]
            guard !score.isNaN else { return nil }
            if score > best?.score ?? -.infinity || best == nil { best = (column, score) }
        }
        return best?.column
    }
}

/// The truth of a data set as names of classes.
enum TruthClasses {
    /// - Parameter booleansAsDigits: `1` for true and `0` for false, where the model says it so.
    static func read(
        _ column: DataTable.Column, _ label: String, booleansAsDigits: Bool
    ) throws(ControlError) -> [String] {
        var names: [String?]
        switch column.values {
        case .texts(let values): names = values
        case .numbers(let values): names = values.map { $0.map(ClassNames.name) }
        case .booleans(let values):
            names = values.map { $0.map { booleansAsDigits ? ($0 ? "1" : "0") : ClassNames.name($0) } }
        }
        let missing = names.count { $0 == nil }
        guard missing == 0 else { throw self.missing(missing, of: names.count, column, label) }
        return names.compactMap { $0 }
    }

    static func missing(_ count: Int, of rows: Int, _ column: DataTable.Column, _ label: String) -> ControlError {
        ControlError(
            .invalid,
            "\(FigureText.grouped(count)) of \(FigureText.count(rows, "row")) of \(label) have no value in the target "
                + "'\(column.name)'", field: "target",
            hint: "push the data set without rows whose truth is not known")
    }
}
