package import Tensors

/// The binary tensors behind a request's JSON, in the order of its inputs ("Binary Tensor Data Extension").
package struct BinarySection {
    private let bytes: UnsafeRawBufferPointer
    private let owner: Unmanaged<AnyObject>
    private var offset = 0

    /// `owner` keeps `bytes` alive.
    init(bytes: UnsafeRawBufferPointer, owner: Unmanaged<AnyObject>) {
        self.bytes = bytes
        self.owner = owner
    }

    /// The next `size` bytes as a tensor: a slice of the body when it is aligned for the type, a copy otherwise.
    mutating func take(_ size: Int, _ type: ElementType, _ shape: Shape) throws(JSONProblem) -> TensorStorage {
        guard size <= bytes.count - offset else {
            throw JSONProblem(
                "\(size) bytes of binary data are announced, but only \(bytes.count - offset) follow the JSON")
        }
        let part = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + size)])
        offset += size
        try Self.check(part, type, shape)
        return Self.storage(part, type, owner)
    }

    func expectEnd() throws(JSONProblem) {
        guard offset == bytes.count else {
            throw JSONProblem(
                "\(bytes.count - offset) bytes follow the JSON that no input claims with 'binary_data_size'")
        }
    }

    /// Whether `part` can be the elements of a tensor.
    package static func check(_ part: UnsafeRawBufferPointer, _ type: ElementType, _ shape: Shape) throws(JSONProblem) {
        guard type != .bytes else {
            guard let count = BytesElements.count(in: part) else {
                throw JSONProblem(
                    "the lengths of the BYTES elements do not add up to the \(part.count) bytes of the tensor")
            }
            guard count == shape.elementCount else {
                throw JSONProblem(
                    "the shape \(shape.dimensions) calls for \(shape.elementCount) BYTES elements, got \(count)")
            }
            return
        }
        guard let expected = shape.byteCount(of: type) else {
            throw JSONProblem("the shape \(shape.dimensions) is larger than memory can be")
        }
        guard part.count == expected else {
            throw JSONProblem(
                "the shape \(shape.dimensions) of type \(type.rawValue) takes \(expected) bytes, got \(part.count)")
        }
        if type == .bool, let bad = part.firstIndex(where: { $0 > 1 }) {
            throw JSONProblem("a BOOL is a byte 0 or 1, but element \(bad) is \(part[bad])")
        }
    }

    /// `part`, which `owner` keeps alive, where it lies when it is aligned for the type; a copy otherwise.
    package static func storage(
        _ part: UnsafeRawBufferPointer, _ type: ElementType, _ owner: Unmanaged<AnyObject>
    ) -> TensorStorage {
        guard let base = part.baseAddress, part.count > 0 else { return TensorStorage(byteCount: 0) }
        if Int(bitPattern: base) % (type.byteWidth ?? 1) == 0 {
            return TensorStorage(borrowing: base, byteCount: part.count, owner: owner.takeUnretainedValue())
        }
        let copy = TensorStorage(byteCount: part.count)
        copy.base.copyMemory(from: base, byteCount: part.count)
        return copy
    }
}
