import NIOCore
package import Tensors

/// The classification extension: in place of a tensor of scores, the best classes of each row as the strings
/// `score:index` or `score:index:label`.
///
/// The form is Triton's. Its scores have six decimals, which makes small ones all zero; ours have all their digits.
package enum Classification {
    /// The `count` largest of each row, largest first, as a `BYTES` tensor. A row is what one index of the first
    /// dimension holds; a tensor of one dimension is one row. Equal scores keep their order; NaN comes last.
    package static func top(_ count: Int, of tensor: Tensor, labels: [String]?) throws(ProtocolError) -> Tensor {
        guard tensor.elementType != .bytes, tensor.elementType != .bool else {
            throw ProtocolError(
                "classification needs numbers, but '\(tensor.name)' is of type \(tensor.elementType.rawValue)",
                field: tensor.name)
        }
        let dimensions = tensor.shape.dimensions
        let rows = dimensions.count > 1 ? dimensions[0] : 1
        let width = rows > 0 ? tensor.shape.elementCount / rows : 0
        let kept = min(count, width)
        var elements = ByteBuffer()
        // Rows without classes are counted, not visited: there can be more of them than time.
        for row in 0..<(kept > 0 ? rows : 0) {
            for index in order(tensor, row * width, width).prefix(kept) {
                write(tensor, row * width + index, index, labels, &elements)
            }
        }
        let storage = TensorStorage(byteCount: elements.readableBytes)
        elements.withUnsafeReadableBytes { bytes in
            if let base = bytes.baseAddress, bytes.count > 0 {
                storage.base.copyMemory(from: base, byteCount: bytes.count)
            }
        }
        do {
            let shape = try Shape(dimensions.count > 1 ? [rows, kept] : [kept])
            return try Tensor(name: tensor.name, elementType: .bytes, shape: shape, storage: storage)
        } catch {
            throw ProtocolError(
                "the classes of the output '\(tensor.name)' cannot be told: \(error)", field: tensor.name)
        }
    }

    /// The indices within one row, best score first.
    private static func order(_ tensor: Tensor, _ first: Int, _ width: Int) -> [Int] {
        let scores = tensor.storage.bytes
        switch tensor.elementType {
        case .fp32: return order(scores, first, width, Float.self) { $0 }
        case .fp64: return order(scores, first, width, Double.self) { $0 }
        case .fp16: return order(scores, first, width, UInt16.self) { HalfPrecision.float(fp16Bits: $0) }
        case .bf16: return order(scores, first, width, UInt16.self) { HalfPrecision.float(bf16Bits: $0) }
        case .int64: return order(scores, first, width, Int64.self) { $0 }
        case .int32: return order(scores, first, width, Int32.self) { $0 }
        case .int16: return order(scores, first, width, Int16.self) { $0 }
        case .int8: return order(scores, first, width, Int8.self) { $0 }
        case .uint64: return order(scores, first, width, UInt64.self) { $0 }
        case .uint32: return order(scores, first, width, UInt32.self) { $0 }
        case .uint16: return order(scores, first, width, UInt16.self) { $0 }
        case .uint8, .bool: return order(scores, first, width, UInt8.self) { $0 }
        case .bytes: return []
        }
    }

    private static func order<Stored: BitwiseCopyable, Score: Comparable>(
        _ scores: UnsafeRawBufferPointer, _ first: Int, _ width: Int, _ stored: Stored.Type, _ score: (Stored) -> Score
    ) -> [Int] {
        func value(_ index: Int) -> Score {
            score(scores.loadUnaligned(fromByteOffset: (first + index) * MemoryLayout<Stored>.stride, as: Stored.self))
        }
        return (0..<width).sorted { left, right in
            let (a, b) = (value(left), value(right))
            if a > b { return true }
            if b > a { return false }
            // Only NaN differs from itself.
            if (a == a) != (b == b) { return a == a }
            return left < right
        }
    }

    /// One string with its length before it.
    private static func write(
        _ tensor: Tensor, _ element: Int, _ index: Int, _ labels: [String]?, _ elements: inout ByteBuffer
    ) {
        let start = elements.writerIndex
        elements.writeInteger(UInt32(0), endianness: .little)
        JSONElements.write(tensor, element..<(element + 1), bareSpecials: true, into: &elements)
        elements.writeString(":\(index)")
        if let labels, labels.indices.contains(index) { elements.writeString(":\(labels[index])") }
        let length = elements.writerIndex - start - 4
        elements.setInteger(UInt32(truncatingIfNeeded: length), at: start, endianness: .little)
    }
}
