/// The true class of each row, and the score or probability that a model gave to each class.
package struct ScoredRows: Sendable, Hashable {
    package let truth: [Int32]
    /// One list for each class, with one score for each row.
    package let scores: [[Double]]

    package var classCount: Int { scores.count }
    package var rowCount: Int { truth.count }

    /// `nil` when lengths differ or a row's true class has no scores.
    package init?(truth: [Int32], scores: [[Double]]) {
        guard scores.allSatisfy({ $0.count == truth.count }),
            truth.allSatisfy({ $0 >= 0 && Int($0) < scores.count })
        else { return nil }
        self.truth = truth
        self.scores = scores
    }

    /// Two classes of which the model tells the probability of the second.
    package init?(truth: [Int32], probabilitiesOfOne: [Double]) {
        self.init(truth: truth, scores: [probabilitiesOfOne.map { 1 - $0 }, probabilitiesOfOne])
    }

    /// What is wrong with the first row that has a score of one of `classes` that is no number; `nil` when there is none.
    func notFinite(in classes: some Sequence<Int>) -> String? {
        for index in classes {
            if let row = scores[index].firstIndex(where: { !$0.isFinite }) {
                return "row \(row + 1) has a score that is not a finite number"
            }
        }
        return nil
    }

    /// What is wrong with the first row whose scores of `classes` are no probabilities; `nil` when there is none.
    func notProbabilities(in classes: some Sequence<Int>) -> String? {
        for index in classes {
            if let row = scores[index].firstIndex(where: { !($0 >= 0 && $0 <= 1) }) {
                return "row \(row + 1) has a probability of \(scores[index][row]), which is not between 0 and 1"
            }
        }
        return nil
    }

    /// The first row whose scores do not sum to 1, by the tolerance of `numpy.allclose`; `nil` when there is none.
    var notSummingToOne: String? {
        for row in truth.indices {
            let sum = scores.reduce(0) { $0 + $1[row] }
            if abs(sum - 1) > 1e-5 + 1e-8 { return "the probabilities of row \(row + 1) sum to \(sum), not to 1" }
        }
        return nil
    }
}
