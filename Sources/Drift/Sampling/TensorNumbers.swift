import Tensors

/// Elements of tensors as numbers.
enum TensorNumbers {
    /// The element as a number, rounded where it has more than 53 bits; not-a-number beyond the end, and of texts.
    static func number(_ tensor: Tensor, _ index: Int) -> Double {
        let bytes = tensor.storage.bytes
        guard let width = tensor.elementType.byteWidth, index >= 0, index < bytes.count / width else { return .nan }
        let offset = index * width
        func load<Bits: BitwiseCopyable>(_ type: Bits.Type) -> Bits {
            bytes.loadUnaligned(fromByteOffset: offset, as: type)
        }
        switch tensor.elementType {
        case .fp32: return Double(Float(bitPattern: UInt32(littleEndian: load(UInt32.self))))
        case .fp64: return Double(bitPattern: UInt64(littleEndian: load(UInt64.self)))
        case .fp16: return Double(HalfPrecision.float(fp16Bits: UInt16(littleEndian: load(UInt16.self))))
        case .bf16: return Double(HalfPrecision.float(bf16Bits: UInt16(littleEndian: load(UInt16.self))))
        case .bool: return load(UInt8.self) == 0 ? 0 : 1
        case .uint8: return Double(load(UInt8.self))
        case .int8: return Double(load(Int8.self))
        case .uint16: return Double(UInt16(littleEndian: load(UInt16.self)))
        case .int16: return Double(Int16(littleEndian: load(Int16.self)))
        case .uint32: return Double(UInt32(littleEndian: load(UInt32.self)))
        case .int32: return Double(Int32(littleEndian: load(Int32.self)))
        case .uint64: return Double(UInt64(littleEndian: load(UInt64.self)))
        case .int64: return Double(Int64(littleEndian: load(Int64.self)))
        case .bytes: return .nan
        }
    }

    /// Elements that a mean is made of at most: an event loop makes it.
    private static let mostOfMean = 4096

    /// The mean of elements that follow each other: of more than `mostOfMean`, of as many evenly among them. Not-a-number
    /// where one of them is.
    static func mean(_ tensor: Tensor, from start: Int, count: Int) -> Double {
        guard count > 0 else { return .nan }
        var step = max(1, count / mostOfMean)
        // Neighbours are rows and colours of an image: a step of their size would see one column or one colour.
        if step > 1 { step |= 1 }
        if step % 3 == 0 { step += 2 }
        var (sum, seen) = (0.0, 0.0)
        var index = start
        while index < start + count {
            sum += number(tensor, index)
            seen += 1
            index += step
        }
        return sum / seen
    }
}
