import Tensors

extension ElementType {
    /// ONNX's number for this type (`TensorProto.DataType`, which ONNX Runtime's C interface shares).
    var onnxNumber: Int32 {
        switch self {
        case .fp32: 1
        case .uint8: 2
        case .int8: 3
        case .uint16: 4
        case .int16: 5
        case .int32: 6
        case .int64: 7
        case .bytes: 8
        case .bool: 9
        case .fp16: 10
        case .fp64: 11
        case .uint32: 12
        case .uint64: 13
        case .bf16: 16
        }
    }

    /// The type that ONNX numbers `number`; `nil` for those that no protocol of ours can carry.
    init?(onnxNumber number: Int32) {
        switch number {
        case 1: self = .fp32
        case 2: self = .uint8
        case 3: self = .int8
        case 4: self = .uint16
        case 5: self = .int16
        case 6: self = .int32
        case 7: self = .int64
        case 8: self = .bytes
        case 9: self = .bool
        case 10: self = .fp16
        case 11: self = .fp64
        case 12: self = .uint32
        case 13: self = .uint64
        case 16: self = .bf16
        default: return nil
        }
    }

    /// What ONNX calls type `number`, for people whose model uses one that we do not serve.
    static func onnxName(_ number: Int32) -> String {
        switch number {
        case 14: "complex64"
        case 15: "complex128"
        case 17: "float8e4m3fn"
        case 18: "float8e4m3fnuz"
        case 19: "float8e5m2"
        case 20: "float8e5m2fnuz"
        case 21: "uint4"
        case 22: "int4"
        case 23: "float4e2m1"
        case 24: "float8e8m0"
        case 25: "uint2"
        case 26: "int2"
        default: "number \(number)"
        }
    }
}
