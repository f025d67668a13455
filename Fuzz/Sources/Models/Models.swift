package import NIOCore
package import Tensors

/// The models that fuzzed requests are for: between them all element types, fixed and open dimensions, and a scalar.
package enum Models {
    package static let all: [Signature] = [numbers, texts, every]

    private static let numbers = Signature(
        inputs: [TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("batch"), .fixed(4)])],
        outputs: [TensorSpec(name: "y", elementType: .fp32, shape: [.symbolic("batch")])])

    private static let texts = Signature(
        inputs: [TensorSpec(name: "s", elementType: .bytes, shape: [.unknown])],
        outputs: [TensorSpec(name: "y", elementType: .bytes, shape: [.unknown])])

    private static let every = Signature(
        inputs: ElementType.allCases.map { TensorSpec(name: $0.rawValue, elementType: $0, shape: [.unknown]) }
            + [TensorSpec(name: "scalar", elementType: .int64, shape: [])],
        outputs: [TensorSpec(name: "y", elementType: .fp64, shape: [.fixed(2), .fixed(2)])])

    /// The first byte chooses the model, the rest is the body.
    package static func choose(_ data: UnsafePointer<UInt8>?, _ count: Int) -> (Signature, ByteBuffer)? {
        guard let data, count > 0 else { return nil }
        let body = UnsafeBufferPointer(start: data + 1, count: count - 1)
        return (all[Int(data[0] % 3)], ByteBuffer(bytes: body))
    }
}
