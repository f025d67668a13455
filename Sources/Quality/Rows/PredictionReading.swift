import Journal
import Monitoring
import Tensors

/// Reads rows of a ledger as predictions that the truth can be held against.
///
/// Which outputs hold the predicted class or number, and its scores, is found as holdout gates find it: by what the
/// settings name, else by the types of the outputs and by the names that exporters give.
struct PredictionReading: Sendable {
    private let prediction: String?
    private let scores: String?
    private let key: FieldColumn?
    private let segments: [FieldColumn]

    private static let labelNames = ["label", "output_label", "predicted_label", "class", "prediction"]
    private static let scoreNames = [
        "probabilities", "output_probability", "probability", "scores", "logits", "prediction", "variable", "output",
        "y",
    ]
    private static let hidden = "(not written down)"

    init(_ settings: QualitySettings) {
        prediction = settings.prediction
        scores = settings.scores
        key = settings.key.map(FieldColumn.init)
        segments = settings.segments.map(FieldColumn.init)
    }

    func read(_ row: LedgerRow) -> IndexedPrediction {
        var read = IndexedPrediction(
            id: row.prediction, time: row.time.microseconds, version: row.version, request: row.requestID, keys: [],
            answer: .failure(IndexedPrediction.Problem(.notAnswered)))
        guard row.fault == nil else { return read }
        read.answer = answer(row)
        if let key, case .success(let rows) = read.answer {
            read.keys = key.values(row.inputs, rows: rows.count) ?? []
        }
        return read
    }

    private func answer(_ row: LedgerRow) -> Result<PredictedRows, IndexedPrediction.Problem> {
        do throws(IndexedPrediction.Problem) {
            return .success(try rows(row))
        } catch {
            return .failure(error)
        }
    }

    private func rows(_ row: LedgerRow) throws(IndexedPrediction.Problem) -> PredictedRows {
        let (label, score) = try outputs(row.outputs)
        guard let shape = (label ?? score)?.shape else { throw IndexedPrediction.Problem(.unclear) }
        let count = shape.dimensions.first ?? 1
        guard count > 0 else { throw IndexedPrediction.Problem(.notByRow) }
        var rows = PredictedRows(count: count, labels: nil)
        if let label {
            guard label.shape.elementCount == count else { throw IndexedPrediction.Problem(.notByRow) }
            let labels = OutputValues.labels(label)
            guard labels.count == count else { throw IndexedPrediction.Problem(.notByRow) }
            guard labels.allSatisfy({ $0.utf8.count <= TruthText.longest }) else {
                throw IndexedPrediction.Problem(.tooLong)
            }
            rows.labels = labels
        }
        if let score {
            guard score.shape.dimensions.first ?? 1 == count, let numbers = OutputValues.numbers(score) else {
                throw IndexedPrediction.Problem(.notByRow)
            }
            rows.width = numbers.count / count
            rows.scores = numbers
        }
        rows.segments = segments.map { segment in
            let values = segment.values(row.inputs, rows: count)?.map(Self.short)
            return values ?? Array(repeating: Self.hidden, count: count)
        }
        return rows
    }

    /// Values of segments are names: of a long text its beginning has to do.
    private static func short(_ text: String) -> String {
        text.utf8.count <= 128 ? text : String(text.prefix(40)) + "..."
    }

    /// The output with classes or numbers, and that with scores.
    private func outputs(
        _ all: [LedgerTensor]
    ) throws(IndexedPrediction.Problem) -> (label: Tensor?, score: Tensor?) {
        var (label, score) = (named(prediction, all), named(scores, all))
        let rest = all.filter { $0.name != prediction && $0.name != scores }
        if label == nil, prediction == nil {
            label = try found(rest.filter { !Self.isFloat($0) }, Self.labelNames)
        }
        if score == nil, scores == nil {
            score = try found(rest.filter { Self.isFloat($0) }, Self.scoreNames, isNeeded: label == nil)
        }
        let tensors = (label: label?.tensor, score: score?.tensor)
        // What is there by name only was left out when it was written.
        if tensors.label == nil, tensors.score == nil {
            throw IndexedPrediction.Problem(label != nil || score != nil ? .leftOut : .unclear)
        }
        return tensors
    }

    private func named(_ name: String?, _ all: [LedgerTensor]) -> LedgerTensor? {
        name.flatMap { name in all.first { $0.name == name } }
    }

    private func found(
        _ candidates: [LedgerTensor], _ names: [String], isNeeded: Bool = true
    ) throws(IndexedPrediction.Problem) -> LedgerTensor? {
        if candidates.count <= 1 { return candidates.first }
        for name in names {
            if let tensor = candidates.first(where: { $0.name.lowercased() == name }) { return tensor }
        }
        if isNeeded { throw IndexedPrediction.Problem(.unclear) }
        return nil
    }

    private static func isFloat(_ tensor: LedgerTensor) -> Bool {
        [.fp16, .bf16, .fp32, .fp64].contains(tensor.elementType)
    }
}
