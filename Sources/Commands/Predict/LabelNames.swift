import SlipwayClient

/// Puts the class's name beside a label that is a number: `2 virginica`.
///
/// Only where the answer itself shows what the number means: in every row the label is the position of the highest of
/// as many scores as there are names.
struct LabelNames: Sendable, Hashable {
    private let classes: [String]
    private let best: [Int64]

    init?(_ classes: [String], _ outputs: [InferTensor]) {
        guard classes.count > 1, classes != classes.indices.map(String.init) else { return nil }
        let scores = outputs.first { $0.shape.count == 2 && $0.shape.last == classes.count }
        guard let scores, let best = Self.positionsOfHighest(scores, classes.count) else { return nil }
        self.classes = classes
        self.best = best
    }

    func column(_ output: InferTensor) -> [(title: String, isNumber: Bool, cells: [String])]? {
        guard case .integers(let labels) = output.values, labels == best else { return nil }
        return [(output.name, false, labels.map { "\($0) \(classes[Int($0)])" })]
    }

    private static func positionsOfHighest(_ scores: InferTensor, _ width: Int) -> [Int64]? {
        let values: [Double]
        switch scores.values {
        case .floats(let floats): values = floats.map(Double.init)
        case .doubles(let doubles): values = doubles
        default: return nil
        }
        return stride(from: 0, to: values.count - values.count % width, by: width).map { start in
            var highest = 0
            for place in 1..<width where values[start + place] > values[start + highest] { highest = place }
            return Int64(highest)
        }
    }
}
