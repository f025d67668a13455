/// Inputs for a first run of a model that nobody has sent anything yet: zeros and empty strings, one row, and one
/// wherever a dimension is open.
package enum MadeUpInputs {
    /// Elements of one tensor above which nothing is made up.
    private static let largest = 1 << 26

    /// One tensor for each input that must be given, or `nil` when one of them would be too large to make up.
    package static func make(for signature: Signature) -> [Tensor]? {
        var tensors: [Tensor] = []
        for spec in signature.inputs where !spec.isOptional {
            let dimensions = spec.shape.map { if case .fixed(let size) = $0 { size } else { 1 } }
            guard let shape = try? Shape(dimensions), shape.elementCount <= largest else { return nil }
            let byteCount = shape.elementCount * (spec.elementType.byteWidth ?? 4)
            let storage = TensorStorage(byteCount: byteCount)
            _ = storage.mutableBytes.initializeMemory(as: UInt8.self, repeating: 0)
            tensors.append(
                Tensor(checkedName: spec.name, elementType: spec.elementType, shape: shape, storage: storage))
        }
        return tensors
    }
}
