import Tensors

/// The element types of the Open Inference Protocol; the raw values are their names on the wire.
public enum TensorType: String, Sendable, Hashable, CaseIterable, Codable {
    case bool = "BOOL"
    case int8 = "INT8"
    case int16 = "INT16"
    case int32 = "INT32"
    case int64 = "INT64"
    case uint8 = "UINT8"
    case uint16 = "UINT16"
    case uint32 = "UINT32"
    case uint64 = "UINT64"
    case fp16 = "FP16"
    case bf16 = "BF16"
    case fp32 = "FP32"
    case fp64 = "FP64"
    case bytes = "BYTES"

    /// Whether every value of the other type is one of this type too.
    func holdsAll(of other: TensorType) -> Bool {
        if self == other { return true }
        return switch (family, other.family) {
        case (.signed(let bits), .signed(let others)), (.unsigned(let bits), .unsigned(let others)),
            (.signed(let bits), .unsigned(let others)), (.float(let bits), .float(let others)):
            bits > others
        default: false
        }
    }

    private enum Family {
        case signed(Int)
        case unsigned(Int)
        case float(Int)
        case other
    }

    private var family: Family {
        switch self {
        case .int8: .signed(8)
        case .int16: .signed(16)
        case .int32: .signed(32)
        case .int64: .signed(64)
        case .uint8: .unsigned(8)
        case .uint16: .unsigned(16)
        case .uint32: .unsigned(32)
        case .uint64: .unsigned(64)
        case .fp16, .bf16: .float(16)
        case .fp32: .float(32)
        case .fp64: .float(64)
        case .bool, .bytes: .other
        }
    }

    var elementType: ElementType {
        switch self {
        case .bool: .bool
        case .int8: .int8
        case .int16: .int16
        case .int32: .int32
        case .int64: .int64
        case .uint8: .uint8
        case .uint16: .uint16
        case .uint32: .uint32
        case .uint64: .uint64
        case .fp16: .fp16
        case .bf16: .bf16
        case .fp32: .fp32
        case .fp64: .fp64
        case .bytes: .bytes
        }
    }

    init(_ type: ElementType) {
        self =
            switch type {
            case .bool: .bool
            case .int8: .int8
            case .int16: .int16
            case .int32: .int32
            case .int64: .int64
            case .uint8: .uint8
            case .uint16: .uint16
            case .uint32: .uint32
            case .uint64: .uint64
            case .fp16: .fp16
            case .bf16: .bf16
            case .fp32: .fp32
            case .fp64: .fp64
            case .bytes: .bytes
            }
    }
}
