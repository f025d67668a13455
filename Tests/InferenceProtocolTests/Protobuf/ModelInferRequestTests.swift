import NIOCore
import Tensors
import Testing

@testable import InferenceProtobuf
@testable import InferenceProtocol

@Suite struct ModelInferRequestTests {
    static let floats: [Float] = [1, -2.5, .infinity, .leastNonzeroMagnitude]

    @Test func `raw contents become the tensor, and the answer is asked for raw`() throws {
        let request = try Messages.decode { message in
            message.string(1, "iris")
            message.string(3, "r-1")
            message.input()
            message.bytes(7, Messages.raw(Self.floats))
        }
        #expect(request.id == "r-1")
        #expect(request.inputs[0].shape.dimensions == [1, 4])
        #expect(request.inputs[0].elements(Float.self) == Self.floats)
        #expect(request.outputs == [RequestedOutput(index: 0, binary: true)])
    }

    @Test func `typed contents become the tensor, and the answer is asked for typed`() throws {
        let request = try Messages.decode { message in
            message.input { $0.contents(6, Messages.raw(Self.floats)) }
        }
        #expect(request.id == nil)
        #expect(request.inputs[0].elements(Float.self) == Self.floats)
        #expect(request.outputs == [RequestedOutput(index: 0, binary: false)])
    }

    @Test func `the head tells model, version, id and whether a final mark is wanted`() throws {
        var message = ProtobufBuilder()
        message.string(1, "first")
        message.string(1, "iris")
        message.string(2, "3")
        message.string(3, "r-1")
        message.entry(4, "priority") { $0.choice(2, 1) }
        message.entry(4, "triton_enable_empty_final_response") { $0.choice(1, 1) }
        message.input()
        let head = try GRPCInferRequest.head(of: message.bytes)
        #expect(head.modelName == "iris")
        #expect(head.modelVersion == "3")
        #expect(head.id == "r-1")
        #expect(head.wantsFinalMark)
        #expect(try !GRPCInferRequest.head(of: ByteBuffer()).wantsFinalMark)
    }

    @Test func `aligned raw contents are a slice of the message, others a copy`() throws {
        var slices = 0
        for padding in 0..<4 {
            var message = ProtobufBuilder()
            message.string(3, String(repeating: "i", count: padding + 1))
            message.input()
            message.bytes(7, Messages.raw(Self.floats))
            var bytes = message.bytes
            let request = try GRPCInferRequestDecoder.decode(bytes, signature: Bodies.signature())
            let storage = request.inputs[0].storage
            slices += bytes.withUnsafeReadableBytes { bytes in
                bytes.baseAddress.map { storage.base >= $0 && storage.base < $0 + bytes.count } ?? false ? 1 : 0
            }
            // What happens to the buffer afterwards must not reach the tensor.
            bytes.clear()
            bytes.writeRepeatingByte(0xff, count: 400)
            #expect(request.inputs[0].elements(Float.self) == Self.floats)
            #expect(Int(bitPattern: storage.base) % 4 == 0)
        }
        #expect(slices == 1)
    }

    @Test func `inputs come back in the signature's order, whatever order they were sent in`() throws {
        let request = try Messages.decode(
            { message in
                message.bytes(7, Messages.raw([Int32(7), -8]))
                message.input("b", "INT32", [2, 1])
                message.bytes(7, Messages.raw([Float(0.5), 1.5]))
                message.input("a", "FP32", [2])
            }, OIPRequestTests.several)
        #expect(request.inputs.map(\.name) == ["a", "b"])
        #expect(request.inputs[0].elements(Float.self) == [0.5, 1.5])
        #expect(request.inputs[1].elements(Int32.self) == [7, -8])
    }

    @Test func `outputs are asked for by name, with their number of classes`() throws {
        let request = try Messages.decode { message in
            message.input()
            message.message(6) { output in
                output.string(1, "y")
                output.entry(2, "classification") { $0.choice(2, 3) }
            }
            message.bytes(7, Messages.raw(Self.floats))
        }
        #expect(request.outputs == [RequestedOutput(index: 0, binary: true, classification: 3)])
    }

    @Test(arguments: [ElementType.fp16, .bf16])
    func `16-bit floats travel raw and in no other way`(type: ElementType) throws {
        let signature = Bodies.signature(type, [.unknown])
        let request = try Messages.decode(
            { message in
                message.input("x", type.rawValue, [2])
                message.bytes(7, Messages.raw([UInt16(0x3c00), 0xbc00]))
            }, signature)
        #expect(request.inputs[0].elements(UInt16.self) == [0x3c00, 0xbc00])
        let refused = Messages.problem(signature) { message in
            message.input("x", type.rawValue, [2]) { $0.contents(6, Messages.raw([Float(1), 2])) }
        }
        #expect(try #require(refused).message.contains("raw_input_contents"))
    }

    @Test func `unknown fields of every kind are skipped`() throws {
        let request = try Messages.decode { message in
            message.uint64(100, 7)
            message.double(101, 0.5)
            message.string(102, "later")
            message.input {
                $0.uint64(99, 1)
                $0.contents(6, Messages.raw(Self.floats))
            }
        }
        #expect(request.inputs.count == 1)
    }
}
