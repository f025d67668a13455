import Serving
import Tensors

/// Which class each row of two answers is of. A single label (a whole number, a truth value, a text) is a class by itself;
/// of several floating-point numbers it is the place of the largest, as of scores. One floating-point number has none.
struct RowClasses {
    struct Change: Hashable {
        var from: String
        var to: String
    }

    private enum Kind { case label, scores }

    private let answers: ShadowComparison.Answers
    /// By output that was asked for.
    private let kinds: [Kind?]

    init(_ answers: ShadowComparison.Answers) {
        self.answers = answers
        kinds = answers.outputs.indices.map { place in
            let (primary, candidate) = (answers.primary[place], answers.candidate[place])
            guard primary.elementType == candidate.elementType, primary.shape == candidate.shape, answers.rows > 0
            else { return nil }
            let length = primary.shape.elementCount / answers.rows
            switch primary.elementType {
            case .fp16, .bf16, .fp32, .fp64: return length > 1 ? .scores : nil
            case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bytes:
                return length == 1 ? .label : nil
            }
        }
    }

    func hasClasses(_ place: Int) -> Bool { kinds[place] != nil }

    /// `nil` where both are of one class.
    func change(_ row: Int, _ place: Int) -> Change? {
        guard !answers.areAlike, answers.badness(row, place) > 0, let kind = kinds[place] else { return nil }
        let (primary, candidate) = (answers.primary[place], answers.candidate[place])
        switch kind {
        case .label:
            let (from, to) = (primary.texts(from: row, count: 1), candidate.texts(from: row, count: 1))
            guard answers.badness(row, place) >= ShadowComparison.unmeasured || from != to else { return nil }
            return Change(from: from.first ?? "", to: to.first ?? "")
        case .scores:
            let length = primary.shape.elementCount / answers.rows
            let (from, to) = (Self.largest(primary, row, length), Self.largest(candidate, row, length))
            return from == to ? nil : Change(from: Self.text(from), to: Self.text(to))
        }
    }

    /// The place of the first of the largest numbers; `nil` where all are not-a-number.
    private static func largest(_ tensor: Tensor, _ row: Int, _ length: Int) -> Int? {
        var best: (place: Int, value: Double)?
        for place in 0..<length {
            guard let value = tensor.number(at: row * length + place), !value.isNaN,
                value > best?.value ?? -.infinity
                    || best == nil
            else { continue }
            best = (place, value)
        }
        return best?.place
    }

    private static func text(_ place: Int?) -> String { place.map { String($0) } ?? "none" }
}
