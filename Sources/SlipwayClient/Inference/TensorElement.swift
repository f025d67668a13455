/// A Swift type whose arrays are tensors: Bool, every integer type, Float16, Float, Double, and for `BYTES` String and
/// [UInt8]. Not for further types to conform to.
public protocol TensorElement: Sendable {
    /// What a tensor of these is on the wire.
    static var tensorType: TensorType { get }

    /// Values of a type that this one holds all of; `nil` for other kinds of values.
    static func converted(_ values: InferTensor.Values) -> [Self]?
}

extension TensorElement where Self: FixedWidthInteger {
    public static func converted(_ values: InferTensor.Values) -> [Self]? {
        switch values {
        case .integers(let values): values.map { Self(truncatingIfNeeded: $0) }
        case .unsigned(let values): values.map { Self(truncatingIfNeeded: $0) }
        default: nil
        }
    }
}

extension TensorElement where Self: BinaryFloatingPoint {
    public static func converted(_ values: InferTensor.Values) -> [Self]? {
        switch values {
        case .floats(let values): values.map { Self($0) }
        case .doubles(let values): values.map { Self($0) }
        default: nil
        }
    }
}

/// INT8.
extension Int8: TensorElement { public static var tensorType: TensorType { .int8 } }
/// INT16.
extension Int16: TensorElement { public static var tensorType: TensorType { .int16 } }
/// INT32.
extension Int32: TensorElement { public static var tensorType: TensorType { .int32 } }
/// INT64.
extension Int64: TensorElement { public static var tensorType: TensorType { .int64 } }
/// INT64.
extension Int: TensorElement { public static var tensorType: TensorType { .int64 } }
/// UINT8.
extension UInt8: TensorElement { public static var tensorType: TensorType { .uint8 } }
/// UINT16.
extension UInt16: TensorElement { public static var tensorType: TensorType { .uint16 } }
/// UINT32.
extension UInt32: TensorElement { public static var tensorType: TensorType { .uint32 } }
/// UINT64.
extension UInt64: TensorElement { public static var tensorType: TensorType { .uint64 } }
/// UINT64.
extension UInt: TensorElement { public static var tensorType: TensorType { .uint64 } }
#if !(os(macOS) && arch(x86_64))
    /// FP16.
    extension Float16: TensorElement { public static var tensorType: TensorType { .fp16 } }
#endif
/// FP32.
extension Float: TensorElement { public static var tensorType: TensorType { .fp32 } }
/// FP64.
extension Double: TensorElement { public static var tensorType: TensorType { .fp64 } }

/// BOOL.
extension Bool: TensorElement {
    public static var tensorType: TensorType { .bool }

    public static func converted(_ values: InferTensor.Values) -> [Bool]? {
        if case .bools(let values) = values { values } else { nil }
    }
}

/// BYTES, each element the UTF-8 of a string.
extension String: TensorElement {
    public static var tensorType: TensorType { .bytes }

    public static func converted(_ values: InferTensor.Values) -> [String]? {
        if case .strings(let values) = values { values } else { nil }
    }
}

/// BYTES, each element as it is.
extension [UInt8]: TensorElement {
    public static var tensorType: TensorType { .bytes }

    public static func converted(_ values: InferTensor.Values) -> [[UInt8]]? {
        if case .strings(let values) = values { values.map { Array($0.utf8) } } else { nil }
    }
}
