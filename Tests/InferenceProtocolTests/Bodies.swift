import NIOCore
import Tensors

@testable import InferenceProtocol

/// Signatures and shorthands that the tests share.
enum Bodies {
    /// One input `x` and one output `y`, both of `type`.
    static func signature(_ type: ElementType = .fp32, _ shape: [Dimension] = [.symbolic("batch"), .fixed(4)])
        -> Signature
    {
        Signature(
            inputs: [TensorSpec(name: "x", elementType: type, shape: shape)],
            outputs: [TensorSpec(name: "y", elementType: type, shape: shape)])
    }

    static func decode(
        _ text: String, _ signature: Signature = signature(), headerLength: Int? = nil
    ) throws(ProtocolError) -> InferenceRequest {
        try OIPRequestDecoder.decode(ByteBuffer(string: text), headerLength: headerLength, signature: signature)
    }

    /// What is wrong with `text`, or `nil` when nothing is.
    static func problem(
        _ text: String, _ signature: Signature = signature(), headerLength: Int? = nil
    ) -> ProtocolError? {
        do throws(ProtocolError) {
            _ = try decode(text, signature, headerLength: headerLength)
            return nil
        } catch {
            return error
        }
    }

    static func request(data: String, shape: String = "[1,4]", type: String = "FP32") -> String {
        #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"\#(type)","data":\#(data)}]}"#
    }
}

extension Tensor {
    /// The elements, whatever `Element` the caller knows them to be.
    func elements<Element: BitwiseCopyable>(_ type: Element.Type = Element.self) -> [Element] {
        let stride = MemoryLayout<Element>.stride
        return (0..<(storage.byteCount / stride)).map {
            storage.bytes.loadUnaligned(fromByteOffset: $0 * stride, as: Element.self)
        }
    }

    var strings: [String] {
        var result: [String] = []
        BytesElements.forEach(in: storage.bytes) { (element) throws(Never) in
            result.append(String(decoding: element, as: UTF8.self))
        }
        return result
    }
}
