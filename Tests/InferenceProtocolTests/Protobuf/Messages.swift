import NIOCore
import Tensors

@testable import InferenceProtobuf
@testable import InferenceProtocol

/// Messages that the tests share.
enum Messages {
    /// The signature of `x` and `y`; see `Bodies`.
    static func decode(
        _ fill: (inout ProtobufBuilder) -> Void, _ signature: Signature = Bodies.signature()
    ) throws(ProtocolError) -> InferenceRequest {
        var message = ProtobufBuilder()
        fill(&message)
        return try GRPCInferRequestDecoder.decode(message.bytes, signature: signature)
    }

    /// What is wrong with the message, or `nil` when nothing is.
    static func problem(
        _ signature: Signature = Bodies.signature(), _ fill: (inout ProtobufBuilder) -> Void
    ) -> ProtocolError? {
        do throws(ProtocolError) {
            _ = try decode(fill, signature)
            return nil
        } catch {
            return error
        }
    }

    /// Bytes of one number after the other, little-endian.
    static func raw<Element: FixedWidthInteger>(_ elements: [Element]) -> ByteBuffer {
        var buffer = ByteBuffer()
        for element in elements { buffer.writeInteger(element, endianness: .little) }
        return buffer
    }

    static func raw(_ floats: [Float]) -> ByteBuffer { raw(floats.map(\.bitPattern)) }
}

extension ProtobufBuilder {
    /// An input of a `ModelInferRequest`, whose further fields `fill` adds.
    mutating func input(
        _ name: String = "x", _ type: String = "FP32", _ shape: [Int] = [1, 4],
        _ fill: (inout ProtobufBuilder) -> Void = { _ in }
    ) {
        message(5) { input in
            input.string(1, name)
            input.string(2, type)
            input.packed(3, shape)
            fill(&input)
        }
    }

    /// `contents` of one field.
    mutating func contents(_ number: UInt32, _ bytes: ByteBuffer) {
        message(5) { $0.bytes(number, bytes) }
    }
}
