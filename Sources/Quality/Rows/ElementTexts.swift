import Tensors

/// Elements of inputs as people write them: single precision with the fewest digits that mean the same number, so that a
/// key of 0.1 is found by 0.1. (What is predicted keeps all its digits: figures are made of it.)
enum ElementTexts {
    static func of(_ tensor: Tensor) -> [String] {
        switch tensor.elementType {
        case .fp32, .fp16, .bf16: (OutputValues.numbers(tensor) ?? []).map { name(Float($0)) }
        default: OutputValues.labels(tensor)
        }
    }

    private static func name(_ number: Float) -> String {
        Int64(exactly: number).map { String($0) } ?? "\(number)"
    }
}
