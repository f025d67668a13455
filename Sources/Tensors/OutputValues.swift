/// The elements of an output, as numbers or as names of classes.
package enum OutputValues {
    /// `nil` for texts.
    package static func numbers(_ tensor: Tensor) -> [Double]? {
        switch tensor.elementType {
        case .fp64: read(tensor, Double.self) { $0 }
        case .fp32: read(tensor, Float.self) { Double($0) }
        case .fp16: read(tensor, UInt16.self) { Double(HalfPrecision.float(fp16Bits: $0)) }
        case .bf16: read(tensor, UInt16.self) { Double(HalfPrecision.float(bf16Bits: $0)) }
        case .bool: read(tensor, UInt8.self) { $0 == 0 ? 0 : 1 }
        case .int8: read(tensor, Int8.self) { Double($0) }
        case .int16: read(tensor, Int16.self) { Double($0) }
        case .int32: read(tensor, Int32.self) { Double($0) }
        case .int64: read(tensor, Int64.self) { Double($0) }
        case .uint8: read(tensor, UInt8.self) { Double($0) }
        case .uint16: read(tensor, UInt16.self) { Double($0) }
        case .uint32: read(tensor, UInt32.self) { Double($0) }
        case .uint64: read(tensor, UInt64.self) { Double($0) }
        case .bytes: nil
        }
    }

    /// Names of classes as `ClassNames` writes those of columns.
    package static func labels(_ tensor: Tensor) -> [String] {
        switch tensor.elementType {
        case .bytes:
            var texts: [String] = []
            BytesElements.forEach(in: tensor.storage.bytes) { (element) throws(Never) in
                texts.append(String(decoding: element, as: UTF8.self))
            }
            return texts
        case .bool: return read(tensor, UInt8.self) { ClassNames.name($0 != 0) }
        case .int64: return read(tensor, Int64.self) { String($0) }
        case .uint64: return read(tensor, UInt64.self) { String($0) }
        default: return (numbers(tensor) ?? []).map(ClassNames.name)
        }
    }

    private static func read<Element: BitwiseCopyable, Value>(
        _ tensor: Tensor, _ type: Element.Type, _ value: (Element) -> Value
    ) -> [Value] {
        let stride = MemoryLayout<Element>.stride
        let count = min(tensor.shape.elementCount, tensor.storage.byteCount / stride)
        return (0..<count).map {
            value(tensor.storage.bytes.loadUnaligned(fromByteOffset: $0 * stride, as: type))
        }
    }
}

/// Classes by name: a whole number is written without a point, so that a label of 1 and a truth of 1.0 are one class.
package enum ClassNames {
    package static func name(_ number: Double) -> String {
        Int64(exactly: number).map { String($0) } ?? "\(number)"
    }

    package static func name(_ truth: Bool) -> String { truth ? "true" : "false" }
}
