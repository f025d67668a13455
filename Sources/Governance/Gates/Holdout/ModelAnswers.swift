import Journal
import Registry
import Runtimes
import Tensors

/// What a model answered to all rows of a data set, as it answered.
struct ModelAnswers: Sendable {
    /// Predicted classes, one for each row; `nil` where the model gives none.
    var labels: [String]?
    /// For each score that it gives, that of every row; empty where it gives none.
    var scores: [[Double]] = []
    /// Predicted numbers, one for each row, where those are asked for.
    var numbers: [Double] = []
}

/// Asks a model about all rows, batch by batch.
struct ModelQuestions: Sendable {
    let plan: InputPlan
    let outputs: OutputChoice
    let isRegression: Bool
    let batchSize: Int
    /// The version, for errors and progress.
    let who: String

    func ask(
        _ instance: any ModelInstance, rowCount: Int, work: GateWork, progress: (String) -> Void
    ) throws(ControlError) -> ModelAnswers {
        var answers = ModelAnswers(labels: !isRegression && outputs.prediction != nil ? [] : nil)
        let size = plan.fixedRows ?? batchSize
        var next = 0
        var told = 0
        while next < rowCount {
            let rows = next..<min(rowCount, next + size)
            let tensors = try work.answer(instance, try plan.tensors(rows), outputs: outputs.indices, who: who)
            try add(tensors, rows.count, to: &answers)
            next = rows.upperBound
            // A few words now and then: twenty for a large data set.
            if next == rowCount || (next - told) * 20 >= rowCount {
                told = next
                progress("\(who): scored \(FigureText.grouped(next)) of \(FigureText.count(rowCount, "row"))")
            }
        }
        return answers
    }

    /// - Parameter rows: how many of the answers are wanted; the rest belongs to rows that only filled a batch.
    private func add(_ tensors: [Tensor], _ rows: Int, to answers: inout ModelAnswers) throws(ControlError) {
        guard tensors.count == outputs.indices.count else {
            throw ControlError(.checkFailed, "\(who) gives other outputs than it was asked for")
        }
        let asked = Swift.max(rows, plan.fixedRows ?? rows)
        if outputs.prediction != nil, let tensor = tensors.first {
            guard try width(of: tensor, asked) == 1 else {
                throw ControlError(
                    .invalid,
                    "the output '\(tensor.name)' of \(who) has several values for a row, of which none is "
                        + "the prediction", field: "prediction")
            }
            if isRegression {
                guard let numbers = OutputValues.numbers(tensor) else {
                    throw ControlError(
                        .invalid, "the output '\(tensor.name)' of \(who) holds no numbers", field: "prediction")
                }
                answers.numbers += numbers.prefix(rows)
            } else {
                answers.labels? += OutputValues.labels(tensor).prefix(rows)
            }
        }
        guard outputs.scores != nil, let tensor = tensors.last else { return }
        let width = try width(of: tensor, asked)
        guard let numbers = OutputValues.numbers(tensor) else {
            throw ControlError(.invalid, "the output '\(tensor.name)' of \(who) holds no numbers", field: "scores")
        }
        if answers.scores.isEmpty { answers.scores = Array(repeating: [], count: width) }
        guard answers.scores.count == width, numbers.count >= rows * width else {
            throw ControlError(
                .checkFailed, "the output '\(tensor.name)' of \(who) is not always equally wide")
        }
        for column in 0..<width {
            for row in 0..<rows { answers.scores[column].append(numbers[row * width + column]) }
        }
    }

    /// How many values a row has.
    private func width(of tensor: Tensor, _ rows: Int) throws(ControlError) -> Int {
        guard tensor.shape.dimensions.first == rows, rows > 0, tensor.shape.elementCount >= rows else {
            throw ControlError(
                .checkFailed,
                "the output '\(tensor.name)' of \(who) has the shape \(tensor.shape.dimensions) for "
                    + FigureText.count(rows, "row"), hint: "a holdout gate needs one answer for each row")
        }
        return tensor.shape.elementCount / rows
    }
}
