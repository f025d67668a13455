import Tensors

/// Elements of tensors as numbers.
enum TensorNumbers {
    /// The element as a number, rounded where it has more than 53 bits; not-a-number beyond the end, and of texts.
    static func number(_ tensor: Tensor, _ index: Int) -> Double {
        sum(tensor, from: index, count: 1, step: 1)
    }

    /// The sum of `count` elements, each `step` after the one before; not-a-number where one is beyond the end, and of
    /// texts. What an element's bits mean is decided once for all of them.
    private static func sum(_ tensor: Tensor, from start: Int, count: Int, step: Int) -> Double {
        let bytes = tensor.storage.bytes
        guard let width = tensor.elementType.byteWidth, start >= 0, start < bytes.count / width,
            (count - 1) * step < bytes.count / width - start
        else { return .nan }
        func sum<Bits: FixedWidthInteger & BitwiseCopyable>(_ number: (Bits) -> Double) -> Double {
            // Minus zero, so that the sum of one element is that element.
            var sum = -0.0
            for place in 0..<count {
                let bits = bytes.loadUnaligned(fromByteOffset: (start + place * step) * width, as: Bits.self)
                sum += number(Bits(littleEndian: bits))
            }
            return sum
        }
        switch tensor.elementType {
        case .fp32: return sum { (bits: UInt32) in Double(Float(bitPattern: bits)) }
        case .fp64: return sum { (bits: UInt64) in Double(bitPattern: bits) }
        case .fp16: return sum { (bits: UInt16) in Double(HalfPrecision.float(fp16Bits: bits)) }
        case .bf16: return sum { (bits: UInt16) in Double(HalfPrecision.float(bf16Bits: bits)) }
        case .bool: return sum { (bits: UInt8) in bits == 0 ? 0 : 1 }
        case .uint8: return sum { (bits: UInt8) in Double(bits) }
        case .int8: return sum { (bits: Int8) in Double(bits) }
        case .uint16: return sum { (bits: UInt16) in Double(bits) }
        case .int16: return sum { (bits: Int16) in Double(bits) }
        case .uint32: return sum { (bits: UInt32) in Double(bits) }
        case .int32: return sum { (bits: Int32) in Double(bits) }
        case .uint64: return sum { (bits: UInt64) in Double(bits) }
        case .int64: return sum { (bits: Int64) in Double(bits) }
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
        let seen = (count - 1) / step + 1
        return sum(tensor, from: start, count: seen, step: step) / Double(seen)
    }
}
