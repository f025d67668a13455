import InferenceProtocol
import Journal
import Tensors

/// Which outputs of a model hold what the rule is about, by their indices in the signature.
struct OutputChoice: Sendable, Hashable {
    /// The predicted class or number; `nil` where classes follow from the scores.
    var prediction: Int?
    /// Scores or probabilities of classes.
    var scores: Int?

    /// Names that exporters give, the surest first.
    private static let labelNames = ["label", "output_label", "predicted_label", "class", "prediction"]
    private static let scoreNames = ["probabilities", "output_probability", "probability", "scores", "logits"]
    private static let numberNames = ["prediction", "variable", "output", "y"]

    /// What is asked for, in the order in which the answers come.
    var indices: [Int] { [prediction, scores].compactMap { $0 } }

    /// Throws `invalid` when an output that the rule names is not there, and when it is not clear which one is meant.
    init(_ rule: HoldoutRule, _ signature: Signature, who: String) throws(ControlError) {
        let outputs = signature.outputs
        prediction = try Self.named(rule.prediction, outputs, field: "prediction", who: who)
        if rule.isRegression {
            if prediction == nil {
                prediction = try Self.found(
                    outputs.indices.filter { outputs[$0].elementType != .bytes }, Self.numberNames, outputs,
                    field: "prediction", who: who)
            }
            guard prediction != nil else {
                throw ControlError(.invalid, "\(who) has no output of numbers", field: "prediction")
            }
            return
        }
        scores = try Self.named(rule.scores, outputs, field: "scores", who: who)
        let (numbers, labels) = Self.kinds(outputs)
        if prediction == nil {
            prediction = try Self.found(
                labels.filter { $0 != scores }, Self.labelNames, outputs, field: "prediction", who: who)
        }
        if scores == nil {
            scores = try Self.found(
                numbers.filter { $0 != prediction }, Self.scoreNames, outputs, field: "scores", who: who)
        }
        guard prediction != nil || scores != nil else {
            throw ControlError(.invalid, "\(who) has no output of classes or of their scores", field: "prediction")
        }
    }

    /// Outputs with a point in their numbers, and the others.
    private static func kinds(_ outputs: [TensorSpec]) -> (numbers: [Int], labels: [Int]) {
        let isNumber = { (index: Int) in [.fp16, .bf16, .fp32, .fp64].contains(outputs[index].elementType) }
        return (outputs.indices.filter(isNumber), outputs.indices.filter { !isNumber($0) })
    }

    private static func named(
        _ name: String?, _ outputs: [TensorSpec], field: String, who: String
    ) throws(ControlError) -> Int? {
        guard let name else { return nil }
        if let index = outputs.firstIndex(where: { $0.name == name }) { return index }
        let names = outputs.map(\.name)
        let near = NameSuggestion.nearest(to: name, among: names)
        throw ControlError(
            .invalid, "\(who) has no output '\(Name.excerpt(of: name))'", field: field,
            hint: near.map { "did you mean '\($0)'?" } ?? "it has \(InputPlan.listed(names))")
    }

    private static func found(
        _ candidates: [Int], _ names: [String], _ outputs: [TensorSpec], field: String, who: String
    ) throws(ControlError) -> Int? {
        if candidates.count <= 1 { return candidates.first }
        for name in names {
            if let index = candidates.first(where: { outputs[$0].name.lowercased() == name }) { return index }
        }
        throw ControlError(
            .invalid, "which output of \(who) is meant is not clear", field: field,
            hint: "name one of \(InputPlan.listed(candidates.map { outputs[$0].name })) with '\(field)'")
    }
}
