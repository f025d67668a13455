import NIOCore
import Tensors

/// A named tensor of a prediction, in row-major order.
///
///     let input = InferTensor("features", shape: [2, 2], [5.1, 2.5, 3.0, 1.1] as [Float])
///     let probabilities = try answer["probabilities"].values(as: Float.self)
public struct InferTensor: Sendable, Hashable {
    public var name: String
    public let type: TensorType
    /// Outermost dimension first; empty for a scalar.
    public var shape: [Int]
    /// The elements as the binary tensor extension has them: little-endian, `BYTES` each behind its 32-bit length.
    let bytes: ByteBuffer

    /// Whether there are as many values as the shape calls for is looked at when the tensor is sent.
    public init<Element: TensorElement>(_ name: String, shape: [Int], _ values: [Element]) {
        let bytes: ByteBuffer
        if let texts = values as? [String] {
            bytes = Self.lengthPrefixed(texts.lazy.map(\.utf8))
        } else if let blobs = values as? [[UInt8]] {
            bytes = Self.lengthPrefixed(blobs)
        } else {
            bytes = values.withUnsafeBytes { ByteBuffer(bytes: $0) }
        }
        self.init(name: name, type: Element.tensorType, shape: shape, bytes: bytes)
    }

    init(name: String, type: TensorType, shape: [Int], bytes: ByteBuffer) {
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }

    /// The type's name on the wire: `FP32`.
    public var datatype: String { type.rawValue }

    /// The elements in a type that holds every value of the tensor's own: INT32 as Int32, Int64 or Int; FP16 as Float16,
    /// Float or Double; BYTES as [UInt8], or as String where all of them are text.
    ///
    /// - Throws: `badInput`, with the types, or the element that is no text.
    public func values<Element: TensorElement>(as element: Element.Type) throws(ClientError) -> [Element] {
        guard Element.tensorType.holdsAll(of: type) else {
            throw .badInput("the tensor '\(name)' is of type \(datatype), which \(Element.self) cannot hold")
        }
        if type == .bytes {
            if let blobs = elements() as? [Element] { return blobs }
            try checkText()
        } else if Element.tensorType == type, type != .bool, MemoryLayout<Element>.stride == type.elementType.byteWidth
        {
            return copied()
        }
        guard let converted = Element.converted(values) else {
            throw .badInput("the tensor '\(name)' is of type \(datatype), which \(Element.self) cannot hold")
        }
        return converted
    }

    /// This tensor with the rows of another below its own; `nil` when the two are not of one type and row shape.
    public func appending(_ other: InferTensor) -> InferTensor? {
        guard type == other.type, let rows = shape.first, let more = other.shape.first,
            shape.dropFirst() == other.shape.dropFirst()
        else { return nil }
        var all = bytes
        all.writeImmutableBuffer(other.bytes)
        return InferTensor(name: name, type: type, shape: [rows &+ more] + shape.dropFirst(), bytes: all)
    }
}

// MARK: Bytes

extension InferTensor {
    /// The bytes as elements of the type that they are.
    func copied<Element>(as element: Element.Type = Element.self) -> [Element] {
        bytes.withUnsafeReadableBytes { source in
            let count = source.count / MemoryLayout<Element>.stride
            return Array(unsafeUninitializedCapacity: count) { target, initialised in
                UnsafeMutableRawBufferPointer(target).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[..<(count * MemoryLayout<Element>.stride)]))
                initialised = count
            }
        }
    }

    /// The elements of a `BYTES` tensor.
    func elements() -> [[UInt8]] {
        bytes.withUnsafeReadableBytes { source in
            var elements: [[UInt8]] = []
            BytesElements.forEach(in: source) { elements.append(Array($0)) }
            return elements
        }
    }

    private func checkText() throws(ClientError) {
        for (index, element) in elements().enumerated() where String(validating: element, as: UTF8.self) == nil {
            throw .badInput("element \(index) of the tensor '\(name)' is not UTF-8 text; ask for [UInt8]")
        }
    }

    private static func lengthPrefixed(_ elements: some Collection<some Collection<UInt8>>) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(elements.reduce(0) { $0 + $1.count + 4 })
        for element in elements {
            bytes.writeInteger(UInt32(clamping: element.count), endianness: .little)
            bytes.writeBytes(element)
        }
        return bytes
    }

    /// The same bytes, checked against the shape, as encoders take them.
    ///
    /// - Throws: `badInput`: too few or too many values, a negative dimension.
    func tensor() throws(ClientError) -> Tensor {
        do {
            return try Tensor(name: name, elementType: type.elementType, shape: Shape(shape), storage: storage())
        } catch {
            throw .badInput("\(error)")
        }
    }

    /// What a decoder has checked.
    init(_ tensor: Tensor) {
        self.init(
            name: tensor.name, type: TensorType(tensor.elementType), shape: tensor.shape.dimensions,
            bytes: ByteBuffer(bytes: tensor.storage.bytes))
    }

    /// Without a copy where the bytes lie as their type wants them, which a slice of an answer need not.
    private func storage() -> TensorStorage {
        bytes.withUnsafeReadableBytesWithStorageManagement { source, owner in
            guard let base = source.baseAddress, !source.isEmpty else { return TensorStorage(byteCount: 0) }
            if Int(bitPattern: base) % (type.elementType.byteWidth ?? 1) == 0 {
                return TensorStorage(borrowing: base, byteCount: source.count, owner: owner.takeUnretainedValue())
            }
            let copy = TensorStorage(byteCount: source.count)
            copy.mutableBytes.copyMemory(from: source)
            return copy
        }
    }
}
