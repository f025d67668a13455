import NIOCore
import Tensors
import Testing

@testable import InferenceProtobuf
@testable import InferenceProtocol

/// What one side writes, the other reads back bit by bit.
@Suite struct ProtobufRoundTripTests {
    @Test(arguments: ElementType.allCases, [false, true])
    func `a request that is encoded and decoded is the same`(type: ElementType, isRaw: Bool) throws {
        var random = SeededRandom(seed: 21)
        for _ in 0..<200 {
            let tensor = try RoundTripTests.randomTensor(type, &random)
            let signature = Bodies.signature(type, Array(repeating: .unknown, count: tensor.shape.dimensions.count))
            var message = ByteBuffer()
            try GRPCInferRequestEncoder.encode(
                modelName: "m", id: "r", inputs: [tensor], outputs: ["y"], isRaw: isRaw, into: &message)
            let back = try GRPCInferRequestDecoder.decode(message, signature: signature)
            #expect(back.id == "r")
            #expect(back.inputs[0].shape == tensor.shape)
            #expect(Array(back.inputs[0].storage.bytes) == Array(tensor.storage.bytes))
            let hasContents = type != .fp16 && type != .bf16
            #expect(back.outputs == [RequestedOutput(index: 0, binary: isRaw || !hasContents)])
            #expect(try GRPCInferRequest.head(of: message).modelName == "m")
        }
    }

    @Test(arguments: ElementType.allCases, [false, true])
    func `an answer that is encoded and decoded is the same`(type: ElementType, isRaw: Bool) throws {
        var random = SeededRandom(seed: 22)
        for _ in 0..<200 {
            let tensors = try (0..<Int(random.next() % 3)).map { _ in
                try RoundTripTests.randomTensor(type, &random)
            }
            var message = ByteBuffer()
            try GRPCInferResponseEncoder.encode(
                modelName: "m", modelVersion: "7", id: "r", outputs: tensors,
                requested: tensors.indices.map { RequestedOutput(index: $0, binary: isRaw) }, into: &message)
            let back = try GRPCInferResponseDecoder.decode(message)
            #expect(back.modelName == "m" && back.modelVersion == "7" && back.id == "r")
            #expect(back.outputs.map(\.shape) == tensors.map(\.shape))
            #expect(back.outputs.map { Array($0.storage.bytes) } == tensors.map { Array($0.storage.bytes) })
        }
    }

    @Test func `numbers of every length are written as they are measured, and read back`() throws {
        for shift in 0..<64 {
            for value in [1 << UInt64(shift), (1 << UInt64(shift)) - 1, ~(1 << UInt64(shift))] as [UInt64] {
                var buffer = ByteBuffer()
                buffer.writeProtobuf(size: ProtobufSize.varint(value)) { $0.varint(value) }
                #expect(buffer.readableBytes == ProtobufSize.varint(value))
                let back = try buffer.withUnsafeReadableBytes { bytes in
                    var reader = ProtobufReader(bytes)
                    return try reader.varint()
                }
                #expect(back == value)
            }
        }
    }

    @Test func `an answer of a server that says other things too is read`() throws {
        var message = ProtobufBuilder()
        message.string(1, "m")
        message.entry(4, "sequence_id") { $0.choice(2, 3) }
        message.message(5) { output in
            output.string(1, "y")
            output.string(2, "FP32")
            output.packed(3, [1])
            output.entry(4, "binary_data_size") { $0.choice(2, 4) }
        }
        message.bytes(6, Messages.raw([Float(0.5)]))
        let answer = try GRPCInferResponseDecoder.decode(message.bytes)
        #expect(answer.outputs[0].elements(Float.self) == [0.5])
        message.bytes(6, Messages.raw([Float(0.5)]))
        #expect(throws: ProtocolError.self) { try GRPCInferResponseDecoder.decode(message.bytes) }
    }
}
