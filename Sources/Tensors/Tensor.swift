/// A named, typed, shaped value on its way into or out of a model.
///
/// Elements are stored in row-major order, little-endian. `BYTES` elements are stored as the binary tensor extension
/// sends them: each a 32-bit little-endian length followed by that many bytes (see `BytesElements`).
package struct Tensor: Sendable {
    package let name: String
    package let elementType: ElementType
    package let shape: Shape
    package let storage: TensorStorage

    /// Fails unless `storage` holds exactly the elements that `shape` and `elementType` call for.
    package init(
        name: String, elementType: ElementType, shape: Shape, storage: TensorStorage
    ) throws(TensorError) {
        if elementType == .bytes {
            guard BytesElements.count(in: storage.bytes) == shape.elementCount else {
                throw .malformedBytes(name: name, expectedElements: shape.elementCount)
            }
        } else {
            guard let expected = shape.byteCount(of: elementType) else {
                throw .tooLarge(name: name, shape: shape.dimensions, type: elementType)
            }
            guard storage.byteCount == expected else {
                throw .byteCount(name: name, expected: expected, found: storage.byteCount)
            }
        }
        self.name = name
        self.elementType = elementType
        self.shape = shape
        self.storage = storage
    }

    /// For a decoder that has just filled `storage` to the measure of `shape`.
    package init(checkedName name: String, elementType: ElementType, shape: Shape, storage: TensorStorage) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
        self.storage = storage
    }

    /// The same in memory of its own, where it is only lent: for whoever keeps it, or reads it twice and has to find the
    /// same both times.
    package var kept: Tensor {
        guard storage.isLent else { return self }
        let copy = TensorStorage(byteCount: storage.byteCount)
        copy.base.copyMemory(from: storage.base, byteCount: storage.byteCount)
        return Tensor(checkedName: name, elementType: elementType, shape: shape, storage: copy)
    }
}

/// What can be wrong between a tensor's declaration and its bytes.
package enum TensorError: Error, Sendable, Hashable {
    case tooLarge(name: String, shape: [Int], type: ElementType)
    case byteCount(name: String, expected: Int, found: Int)
    case malformedBytes(name: String, expectedElements: Int)
}

extension TensorError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge(let name, let shape, let type):
            "tensor '\(name)' of type \(type.rawValue) and shape \(shape) is larger than memory can be"
        case .byteCount(let name, let expected, let found):
            "tensor '\(name)' needs \(expected) bytes, got \(found)"
        case .malformedBytes(let name, let expected):
            "tensor '\(name)' of type BYTES must hold \(expected) length-prefixed elements and nothing else"
        }
    }
}
