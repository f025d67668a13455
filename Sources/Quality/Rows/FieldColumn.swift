import Monitoring
import Tensors

/// One input by rows: a tensor's only column, or one of several as `features[2]`.
struct FieldColumn: Sendable, Hashable {
    let name: String
    /// `nil` for the only one.
    let column: Int?

    init(_ text: String) {
        if text.hasSuffix("]"), let open = text.lastIndex(of: "["),
            let column = Int(text[text.index(after: open)...].dropLast()), column >= 0
        {
            name = String(text[..<open])
            self.column = column
        } else {
            name = text
            column = nil
        }
    }

    /// The values of `count` rows as text; `nil` where they are not there.
    func values(_ tensors: [LedgerTensor], rows count: Int) -> [String]? {
        guard let tensor = tensors.first(where: { $0.name == name })?.tensor,
            tensor.shape.dimensions.first ?? 1 == count, count > 0
        else { return nil }
        let width = tensor.shape.elementCount / count
        let column = self.column ?? 0
        guard self.column != nil ? column < width : width == 1 else { return nil }
        let all = ElementTexts.of(tensor)
        guard all.count == count * width else { return nil }
        return width == 1 ? all : (0..<count).map { all[$0 * width + column] }
    }
}
