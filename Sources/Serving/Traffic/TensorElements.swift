import Tensors

/// Single elements out of tensors whose type is known only when they are there. Memory need not be aligned.
extension Tensor {
    /// The element as a number, rounded where it has more than 53 bits; `nil` for texts and beyond the end.
    func number(at index: Int) -> Double? {
        guard let width = elementType.byteWidth, index >= 0, index < storage.byteCount / width else { return nil }
        let (bytes, offset) = (storage.bytes, index * width)
        return switch elementType {
        case .fp32: Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))
        case .fp64: bytes.loadUnaligned(fromByteOffset: offset, as: Double.self)
        case .fp16:
            Double(HalfPrecision.float(fp16Bits: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        case .bf16:
            Double(HalfPrecision.float(bf16Bits: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        case .uint64: Double(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        default: wholeNumber(at: index).map(Double.init)
        }
    }

    /// The element of a whole-numbered type but UINT64, or of BOOL; `nil` for any other.
    func wholeNumber(at index: Int) -> Int64? {
        guard let width = elementType.byteWidth, index >= 0, index < storage.byteCount / width else { return nil }
        let (bytes, offset) = (storage.bytes, index * width)
        return switch elementType {
        case .bool, .uint8: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt8.self))
        case .int8: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: Int8.self))
        case .uint16: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        case .int16: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
        case .uint32: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        case .int32: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        case .int64: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)
        case .uint64, .fp16, .bf16, .fp32, .fp64, .bytes: nil
        }
    }

    /// How many elements follow each other in one of `rows` rows; `nil` where the leading dimension is another number.
    func rowLength(rows: Int) -> Int? {
        guard rows > 0, shape.dimensions.first == rows else { return nil }
        return shape.elementCount / rows
    }
}

/// The elements of a `BYTES` tensor, one after another; ends at the first that runs past the end.
struct TextElements {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// `bytes` must outlive it.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard bytes.count - offset >= 4 else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length <= bytes.count - offset - 4 else { return nil }
        defer { offset += 4 + length }
        return UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<(offset + 4 + length)])
    }
}
