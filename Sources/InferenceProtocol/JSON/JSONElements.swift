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
        case .fp32: each(base, range, &buffer) { $0.float($1 as Float, bareSpecials: bareSpecials) }
        case .fp64: each(base, range, &buffer) { $0.float($1 as Double, bareSpecials: bareSpecials) }
        case .fp16:
            each(base, range, &buffer) {
                $0.float(HalfPrecision.float(fp16Bits: $1 as UInt16), bareSpecials: bareSpecials)
            }
        case .bf16:
            each(base, range, &buffer) {
                $0.float(HalfPrecision.float(bf16Bits: $1 as UInt16), bareSpecials: bareSpecials)
            }
        case .int64: each(base, range, &buffer) { $0.integer($1 as Int64) }
        case .int32: each(base, range, &buffer) { $0.integer($1 as Int32) }
        case .int16: each(base, range, &buffer) { $0.integer($1 as Int16) }
        case .int8: each(base, range, &buffer) { $0.integer($1 as Int8) }
        case .uint64: each(base, range, &buffer) { $0.integer($1 as UInt64) }
        case .uint32: each(base, range, &buffer) { $0.integer($1 as UInt32) }
        case .uint16: each(base, range, &buffer) { $0.integer($1 as UInt16) }
        case .uint8: each(base, range, &buffer) { $0.integer($1 as UInt8) }
        case .bool: each(base, range, &buffer) { $0.text(($1 as UInt8) == 0 ? "false" : "true") }
        case .bytes: return
        }
    }

    /// A runtime's or a caller's memory need not be aligned for the type.
    @inline(__always)
    private static func each<Element: BitwiseCopyable>(
        _ base: UnsafeRawPointer, _ range: Range<Int>, _ buffer: inout ByteBuffer,
        _ write: (inout JSONOutput, Element) -> Void
    ) {
        var index = range.lowerBound
        while index < range.upperBound {
            let stop = min(range.upperBound, index + chunk)
            buffer.writeJSON(atMost: (stop - index) * (JSONOutput.numberBound + 1)) { output in
                while index < stop {
                    if index > range.lowerBound { output.byte(UInt8(ascii: ",")) }
                    let offset = index * MemoryLayout<Element>.stride
                    write(&output, base.loadUnaligned(fromByteOffset: offset, as: Element.self))
                    index += 1
                }
            }
        }
    }
}
