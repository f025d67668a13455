package import Tensors

/// Single elements out of tensors whose type is known only when they are there. Memory need not be aligned.
extension Tensor {
    /// The element as a number, rounded where it has more than 53 bits; `nil` for texts and beyond the end.
    package func number(at index: Int) -> Double? {
        guard let bits = bits(at: index) else { return nil }
        return switch elementType {
        case .fp32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .fp64: Double(bitPattern: bits)
        case .fp16: Double(HalfPrecision.float(fp16Bits: UInt16(truncatingIfNeeded: bits)))
        case .bf16: Double(HalfPrecision.float(bf16Bits: UInt16(truncatingIfNeeded: bits)))
        case .uint64: Double(bits)
        case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .bytes:
            wholeNumber(at: index).map { Double($0) }
        }
    }

    /// The element of a whole-numbered type but UINT64, or of BOOL; `nil` for any other.
    func wholeNumber(at index: Int) -> Int64? {
        guard let bits = bits(at: index) else { return nil }
        return switch elementType {
        case .bool, .uint8, .uint16, .uint32: Int64(bitPattern: bits)
        case .int8: Int64(Int8(truncatingIfNeeded: bits))
        case .int16: Int64(Int16(truncatingIfNeeded: bits))
        case .int32: Int64(Int32(truncatingIfNeeded: bits))
        case .int64: Int64(bitPattern: bits)
        case .uint64, .fp16, .bf16, .fp32, .fp64, .bytes: nil
        }
    }

    /// The element's bits, zeros above them; `nil` for texts and beyond the end.
    private func bits(at index: Int) -> UInt64? {
        guard let width = elementType.byteWidth, index >= 0, index < storage.byteCount / width else { return nil }
        let bytes = storage.bytes
        var bits: UInt64 = 0
        for place in 0..<width { bits |= UInt64(bytes[index * width + place]) << UInt64(8 * place) }
        return bits
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
