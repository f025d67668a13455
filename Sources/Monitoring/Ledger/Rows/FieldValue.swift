import Tensors

/// A value as a person writes it, to be looked for among the elements of a field.
struct FieldValue: Sendable {
    let field: String
    let text: String

    /// Whether an element of `tensor` is the value; `nil` where its elements are not there to be looked at.
    ///
    /// - Parameter rules: what hashes were made with.
    func occurs(in tensor: LedgerTensor, _ rules: FieldRules) -> Bool? {
        guard let wanted = Self.bytes(of: text, tensor.elementType) else { return false }
        switch tensor.content {
        case .whole(let storage): return Self.occurs(wanted, in: storage.bytes, tensor.elementType)
        case .hashed(let hashes):
            let hash = wanted.withUnsafeBytes { rules.hash($0, of: field, tensor.elementType) }
            return stride(from: 0, to: hashes.count, by: FieldRules.hashBytes).contains { start in
                hashes[start...].starts(with: hash)
            }
        case .excluded, .tooLarge: return nil
        }
    }

    private static func occurs(_ wanted: [UInt8], in bytes: UnsafeRawBufferPointer, _ type: ElementType) -> Bool {
        if let width = type.byteWidth {
            return stride(from: 0, to: bytes.count, by: width).contains { start in
                bytes[start..<min(start + width, bytes.count)].elementsEqual(wanted)
            }
        }
        var isFound = false
        BytesElements.forEach(in: bytes) { element in isFound = isFound || element.elementsEqual(wanted) }
        return isFound
    }

    /// The element that `text` stands for, as a tensor stores it; `nil` where no element of the type is written so.
    static func bytes(of text: String, _ type: ElementType) -> [UInt8]? {
        func little<Integer: FixedWidthInteger>(_ value: Integer?) -> [UInt8]? {
            value.map { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        }
        switch type {
        case .bool:
            switch text {
            case "true", "1": return [1]
            case "false", "0": return [0]
            default: return nil
            }
        case .int8: return little(Int8(text))
        case .int16: return little(Int16(text))
        case .int32: return little(Int32(text))
        case .int64: return little(Int64(text))
        case .uint8: return little(UInt8(text))
        case .uint16: return little(UInt16(text))
        case .uint32: return little(UInt32(text))
        case .uint64: return little(UInt64(text))
        case .fp16: return little(Double(text).map { HalfPrecision.fp16Bits(rounding: $0) })
        case .bf16: return little(Double(text).map { HalfPrecision.bf16Bits(rounding: $0) })
        case .fp32: return little(Double(text).map { Float($0).bitPattern })
        case .fp64: return little(Double(text)?.bitPattern)
        case .bytes: return Array(text.utf8)
        }
    }
}
