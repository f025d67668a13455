import NIOCore
import Tensors

/// Writes a tensor's elements as JSON, separated by commas.
enum JSONElements {
    /// Elements between two looks at the buffer's free space: enough to make those cheap, few enough to stay close to
    /// what is really needed.
    private static let chunk = 64

    /// Appends the elements at `range`, which must lie within the tensor. Not for `BYTES`.
    ///
    /// - Parameter bareSpecials: NaN and the infinities as bare words rather than strings.
    static func write(_ tensor: Tensor, _ range: Range<Int>, bareSpecials: Bool, into buffer: inout ByteBuffer) {
        let base = UnsafeRawPointer(tensor.storage.base)
        switch tensor.elementType {
        case .fp32: each(Float.self, base, range, bareSpecials, &buffer)
        case .fp64: each(Double.self, base, range, bareSpecials, &buffer)
        case .fp16: each(HalfBits.self, base, range, bareSpecials, &buffer)
        case .bf16: each(BrainFloatBits.self, base, range, bareSpecials, &buffer)
        case .int64: each(Int64.self, base, range, bareSpecials, &buffer)
        case .int32: each(Int32.self, base, range, bareSpecials, &buffer)
        case .int16: each(Int16.self, base, range, bareSpecials, &buffer)
        case .int8: each(Int8.self, base, range, bareSpecials, &buffer)
        case .uint64: each(UInt64.self, base, range, bareSpecials, &buffer)
        case .uint32: each(UInt32.self, base, range, bareSpecials, &buffer)
        case .uint16: each(UInt16.self, base, range, bareSpecials, &buffer)
        case .uint8: each(UInt8.self, base, range, bareSpecials, &buffer)
        case .bool: each(BooleanByte.self, base, range, bareSpecials, &buffer)
        case .bytes: return
        }
    }

    /// One function for each type. A runtime's or a caller's memory need not be aligned for it.
    @inline(never)
    private static func each<Element: JSONElement>(
        _ element: Element.Type, _ base: UnsafeRawPointer, _ range: Range<Int>, _ bareSpecials: Bool,
        _ buffer: inout ByteBuffer
    ) {
        var index = range.lowerBound
        while index < range.upperBound {
            let first = index
            let stop = min(range.upperBound, index + chunk)
            buffer.writeJSON(atMost: (stop - first) * 28 + JSONOutput.numberBound) { output in
                var next = base + first * MemoryLayout<Element>.stride
                for place in first..<stop {
                    if place > range.lowerBound { output.byte(UInt8(ascii: ",")) }
                    next.loadUnaligned(as: Element.self).write(to: &output, bareSpecials: bareSpecials)
                    next += MemoryLayout<Element>.stride
                }
            }
            index = stop
        }
    }
}
