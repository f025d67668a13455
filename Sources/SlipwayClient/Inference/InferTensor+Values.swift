import NIOCore
import Tensors

extension InferTensor {
    /// The elements of any tensor, in one of six kinds of arrays: for code that learns of the type when it runs.
    public enum Values: Sendable, Hashable {
        case bools([Bool])
        case integers([Int64])
        case unsigned([UInt64])
        case floats([Float])
        case doubles([Double])
        case strings([String])

        /// How many elements there are.
        public var count: Int {
            switch self {
            case .bools(let values): values.count
            case .integers(let values): values.count
            case .unsigned(let values): values.count
            case .floats(let values): values.count
            case .doubles(let values): values.count
            case .strings(let values): values.count
            }
        }
    }

    /// Of a type by its name on the wire.
    ///
    /// - Throws: `badInput`: no such type, values of another kind than the type calls for, one that it cannot hold.
    public init(name: String, datatype: String, shape: [Int], values: Values) throws(ClientError) {
        guard let type = TensorType(rawValue: datatype) else {
            throw .badInput("the tensor '\(name)' cannot be of type \(datatype); the types are \(TensorType.names)")
        }
        guard let bytes = Self.bytes(values, type) else {
            throw .badInput("the tensor '\(name)' of type \(datatype) cannot hold the values it was given")
        }
        self.init(name: name, type: type, shape: shape, bytes: bytes)
    }

    /// All elements: 16-bit floats as `floats`; integers of any width but UINT64 as `integers`. A string that is not
    /// UTF-8 has replacement characters in it.
    public var values: Values {
        switch type {
        case .bool: .bools(copied(as: UInt8.self).map { $0 != 0 })
        case .int8: .integers(copied(as: Int8.self).map(Int64.init))
        case .int16: .integers(copied(as: Int16.self).map(Int64.init))
        case .int32: .integers(copied(as: Int32.self).map(Int64.init))
        case .int64: .integers(copied())
        case .uint8: .integers(copied(as: UInt8.self).map(Int64.init))
        case .uint16: .integers(copied(as: UInt16.self).map(Int64.init))
        case .uint32: .integers(copied(as: UInt32.self).map(Int64.init))
        case .uint64: .unsigned(copied())
        case .fp16: .floats(copied(as: UInt16.self).map(HalfPrecision.float(fp16Bits:)))
        case .bf16: .floats(copied(as: UInt16.self).map(HalfPrecision.float(bf16Bits:)))
        case .fp32: .floats(copied())
        case .fp64: .doubles(copied())
        case .bytes: .strings(elements().map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// `nil` when the values are not of the type's kind, or one of them is out of its range.
    private static func bytes(_ values: Values, _ type: TensorType) -> ByteBuffer? {
        func raw<Element: TensorElement>(_ elements: [Element]) -> ByteBuffer {
            InferTensor("", shape: [], elements).bytes
        }
        func narrowed<Element: TensorElement & FixedWidthInteger>(
            _ values: [Int64], _ type: Element.Type
        ) -> ByteBuffer? {
            let elements = values.compactMap { Element(exactly: $0) }
            return elements.count == values.count ? raw(elements) : nil
        }
        return switch (type, values) {
        case (.bool, .bools(let values)): raw(values)
        case (.int8, .integers(let values)): narrowed(values, Int8.self)
        case (.int16, .integers(let values)): narrowed(values, Int16.self)
        case (.int32, .integers(let values)): narrowed(values, Int32.self)
        case (.int64, .integers(let values)): raw(values)
        case (.uint8, .integers(let values)): narrowed(values, UInt8.self)
        case (.uint16, .integers(let values)): narrowed(values, UInt16.self)
        case (.uint32, .integers(let values)): narrowed(values, UInt32.self)
        case (.uint64, .unsigned(let values)): raw(values)
        case (.fp16, .floats(let values)): raw(values.map(HalfPrecision.fp16Bits))
        case (.bf16, .floats(let values)): raw(values.map(HalfPrecision.bf16Bits))
        case (.fp32, .floats(let values)): raw(values)
        case (.fp64, .doubles(let values)): raw(values)
        case (.bytes, .strings(let values)): raw(values)
        default: nil
        }
    }
}

extension TensorType {
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
