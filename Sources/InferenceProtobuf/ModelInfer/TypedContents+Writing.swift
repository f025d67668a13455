import Tensors

extension TypedContents {
    /// Bytes that the elements of `tensor` take in their field: packed, but for BYTES, whose elements are fields of their
    /// own. 0 for types that have no field.
    static func size(_ tensor: Tensor) -> Int {
        switch tensor.elementType {
        case .bool, .fp32, .fp64: return tensor.storage.byteCount
        case .int8: return packedSize(tensor, Int8.self)
        case .int16: return packedSize(tensor, Int16.self)
        case .int32: return packedSize(tensor, Int32.self)
        case .int64: return packedSize(tensor, Int64.self)
        case .uint8: return packedSize(tensor, UInt8.self)
        case .uint16: return packedSize(tensor, UInt16.self)
        case .uint32: return packedSize(tensor, UInt32.self)
        case .uint64: return packedSize(tensor, UInt64.self)
        case .bytes:
            var total = 0
            BytesElements.forEach(in: tensor.storage.bytes) { element in
                total += ProtobufSize.field(Field.bytes.rawValue, length: element.count)
            }
            return total
        case .fp16, .bf16: return 0
        }
    }

    /// Whether an element takes as many bytes as its value needs.
    static func isVarint(_ type: ElementType) -> Bool {
        switch type {
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
        case .bool, .fp16, .bf16, .fp32, .fp64, .bytes: false
        }
    }

    /// Bytes of the whole `InferTensorContents` whose elements take `size`.
    static func messageSize(_ size: Int, _ type: ElementType) -> Int {
        guard size > 0, type != .bytes, let field = Field(type) else { return size }
        return ProtobufSize.field(field.rawValue, length: size)
    }

    /// Writes the fields of an `InferTensorContents`; `size` is what `size` said of the tensor.
    static func write(_ tensor: borrowing Tensor, size: Int, _ writer: inout ProtobufWriter) {
        guard size > 0, let field = Field(tensor.elementType) else { return }
        if field != .bytes { writer.begin(field.rawValue, length: size) }
        let bytes = tensor.storage.bytes
        switch tensor.elementType {
        case .bool, .fp32, .fp64: writer.bytes(bytes)
        case .int8: write(bytes, Int8.self, &writer)
        case .int16: write(bytes, Int16.self, &writer)
        case .int32: write(bytes, Int32.self, &writer)
        case .int64: write(bytes, Int64.self, &writer)
        case .uint8: write(bytes, UInt8.self, &writer)
        case .uint16: write(bytes, UInt16.self, &writer)
        case .uint32: write(bytes, UInt32.self, &writer)
        case .uint64: write(bytes, UInt64.self, &writer)
        case .bytes:
            BytesElements.forEach(in: bytes) { element in
                writer.begin(field.rawValue, length: element.count)
                writer.bytes(element)
            }
        case .fp16, .bf16: break
        }
    }

    @inline(__always)
    private static func packedSize<Element: FixedWidthInteger>(_ tensor: Tensor, _ element: Element.Type) -> Int {
        var total = 0
        forEach(tensor.storage.bytes, element) { total += ProtobufSize.varint($0) }
        return total
    }

    @inline(__always)
    private static func write<Element: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ element: Element.Type, _ writer: inout ProtobufWriter
    ) {
        forEach(bytes, element) { writer.varint($0) }
    }

    /// Each element as the number that stands for it: a negative one as its 64-bit two's complement.
    @inline(__always)
    private static func forEach<Element: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, _ element: Element.Type, _ body: (UInt64) -> Void
    ) {
        let width = MemoryLayout<Element>.stride
        for index in 0..<(bytes.count / width) {
            let value = Element(littleEndian: bytes.loadUnaligned(fromByteOffset: index * width, as: Element.self))
            body(UInt64(truncatingIfNeeded: value))
        }
    }
}
