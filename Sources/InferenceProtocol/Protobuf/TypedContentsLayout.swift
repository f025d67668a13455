import Tensors

/// A tensor's elements as an `InferTensorContents`, measured to the byte.
struct TypedContentsLayout {
    /// Bytes of the message.
    let size: Int

    private let tensor: Tensor
    private let field: TypedContents.Field
    /// Bytes of the packed elements; 0 for BYTES, which are not packed.
    private let packedSize: Int

    /// `nil` for types that have no typed contents.
    init?(_ tensor: Tensor) {
        guard let field = TypedContents.Field(tensor.elementType) else { return nil }
        self.tensor = tensor
        self.field = field
        if tensor.elementType == .bytes {
            packedSize = 0
            var total = 0
            BytesElements.forEach(in: tensor.storage.bytes) { element in
                total += ProtobufSize.field(field.rawValue, length: element.count)
            }
            size = total
        } else {
            packedSize = Self.packedSize(tensor)
            size = packedSize == 0 ? 0 : ProtobufSize.field(field.rawValue, length: packedSize)
        }
    }

    func write(_ writer: inout ProtobufWriter) {
        if tensor.elementType == .bytes {
            BytesElements.forEach(in: tensor.storage.bytes) { element in
                writer.begin(field.rawValue, length: element.count)
                writer.bytes(element)
            }
            return
        }
        guard packedSize > 0 else { return }
        writer.begin(field.rawValue, length: packedSize)
        switch tensor.elementType {
        case .bool, .fp32, .fp64: writer.bytes(tensor.storage.bytes)
        case .int8: write(Int8.self, &writer)
        case .int16: write(Int16.self, &writer)
        case .int32: write(Int32.self, &writer)
        case .int64: write(Int64.self, &writer)
        case .uint8: write(UInt8.self, &writer)
        case .uint16: write(UInt16.self, &writer)
        case .uint32: write(UInt32.self, &writer)
        case .uint64: write(UInt64.self, &writer)
        case .fp16, .bf16, .bytes: break
        }
    }

    private static func packedSize(_ tensor: Tensor) -> Int {
        switch tensor.elementType {
        case .bool, .fp32, .fp64: tensor.storage.byteCount
        case .int8: packedSize(tensor, Int8.self)
        case .int16: packedSize(tensor, Int16.self)
        case .int32: packedSize(tensor, Int32.self)
        case .int64: packedSize(tensor, Int64.self)
        case .uint8: packedSize(tensor, UInt8.self)
        case .uint16: packedSize(tensor, UInt16.self)
        case .uint32: packedSize(tensor, UInt32.self)
        case .uint64: packedSize(tensor, UInt64.self)
        case .fp16, .bf16, .bytes: 0
        }
    }

    @inline(__always)
    private static func packedSize<Element: FixedWidthInteger>(_ tensor: Tensor, _ element: Element.Type) -> Int {
        var total = 0
        forEach(tensor, element) { total += ProtobufSize.varint($0) }
        return total
    }

    @inline(__always)
    private func write<Element: FixedWidthInteger>(_ element: Element.Type, _ writer: inout ProtobufWriter) {
        Self.forEach(tensor, element) { writer.varint($0) }
    }

    /// Each element as the number that stands for it: a negative one as its 64-bit two's complement.
    @inline(__always)
    private static func forEach<Element: FixedWidthInteger>(
        _ tensor: Tensor, _ element: Element.Type, _ body: (UInt64) -> Void
    ) {
        let bytes = tensor.storage.bytes
        let width = MemoryLayout<Element>.stride
        for index in 0..<(bytes.count / width) {
            let value = Element(littleEndian: bytes.loadUnaligned(fromByteOffset: index * width, as: Element.self))
            body(UInt64(truncatingIfNeeded: value))
        }
    }
}
