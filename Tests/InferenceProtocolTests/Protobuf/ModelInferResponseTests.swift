import NIOCore
import Tensors
import Testing

@testable import InferenceProtobuf
@testable import InferenceProtocol

@Suite struct ModelInferResponseTests {
    static func tensor(_ values: [Float]) throws -> Tensor {
        let storage = TensorStorage(byteCount: values.count * 4)
        values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        return try Tensor(name: "y", elementType: .fp32, shape: Shape([1, values.count]), storage: storage)
    }

    static func encode(
        _ outputs: [Tensor], _ requested: [RequestedOutput], id: String? = nil, labels: [String]? = nil,
        isFinal: Bool = false
    ) throws -> ProtobufMessage {
        var buffer = ByteBuffer(string: "before")
        try GRPCInferResponseEncoder.encode(
            modelName: "iris", modelVersion: "3", id: id, outputs: outputs, requested: requested,
            labels: { _ in labels }, isFinal: isFinal, into: &buffer)
        #expect(buffer.readString(length: 6) == "before")
        return try ProtobufMessage(buffer)
    }

    @Test func `an answer to raw contents is raw`() throws {
        let answer = try Self.encode(
            [try Self.tensor([1, 2])], [RequestedOutput(index: 0, binary: true)], id: "r-1")
        #expect(try answer.string(1) == "iris")
        #expect(try answer.string(2) == "3")
        #expect(try answer.string(3) == "r-1")
        let output = try #require(try answer.messages(5).first)
        #expect(try output.string(1) == "y")
        #expect(try output.string(2) == "FP32")
        #expect(try !output.has(5))
        #expect(try answer.has(6))
    }

    @Test func `an answer to typed contents is typed`() throws {
        let answer = try Self.encode([try Self.tensor([1, 2])], [RequestedOutput(index: 0)])
        #expect(try !answer.has(6))
        #expect(try !answer.has(3))
        let output = try #require(try answer.messages(5).first)
        #expect(try #require(try output.messages(5).first).has(6))
    }

    @Test func `whole numbers that change while they are written are those that were measured`() throws {
        let memory = UnsafeMutablePointer<Int64>.allocate(capacity: 64)
        memory.initialize(repeating: 0, count: 64)
        let owner = Marker()
        let lent = try Tensor(
            name: "n", elementType: .int64, shape: Shape([64]),
            storage: TensorStorage(borrowing: UnsafeRawPointer(memory), byteCount: 512, owner: owner))
        let layout = try GRPCTensorsLayout([lent], number: 5, rawNumber: 6, isRaw: false, limit: .max)
        // As a worker could do it that has lost its senses: ten bytes where one was measured.
        memory.update(repeating: -1, count: 64)
        var buffer = ByteBuffer()
        buffer.writeProtobuf(size: layout.size) { writer in
            let start = writer.at
            layout.writeTensors(&writer)
            #expect(writer.at - start == layout.size)
        }
        let contents = try #require(try ProtobufMessage(buffer).messages(5).first?.messages(5).first)
        #expect(try contents.has(3))
        withExtendedLifetime(owner) { memory.deallocate() }
    }

    private final class Marker {}

    @Test func `where one output is of a 16-bit float type, all are raw`() throws {
        let half = try Tensor(
            name: "h", elementType: .fp16, shape: Shape([1]), storage: TensorStorage(byteCount: 2))
        let answer = try Self.encode(
            [try Self.tensor([1, 2]), half], [RequestedOutput(index: 0), RequestedOutput(index: 1)])
        #expect(try answer.messages(5).count == 2)
        #expect(try !answer.messages(5)[0].has(5))
        #expect(try answer.has(6))
    }

    @Test func `the best classes come as BYTES`() throws {
        let answer = try Self.encode(
            [try Self.tensor([0.25, 0.5])], [RequestedOutput(index: 0, classification: 1)], labels: ["no", "yes"])
        let output = try #require(try answer.messages(5).first)
        #expect(try output.string(2) == "BYTES")
        #expect(try #require(try output.messages(5).first).string(8) == "0.5:1:yes")
    }

    @Test func `a final mark is a parameter that says so`() throws {
        let answer = try Self.encode(
            [try Self.tensor([1])], [RequestedOutput(index: 0, binary: true)], isFinal: true)
        let entry = try #require(try answer.messages(4).first)
        #expect(try entry.string(1) == "triton_final_response")
        #expect(try #require(try entry.messages(2).first).bool(1))
    }

    @Test func `a stream's answer wraps the same message, and its error carries the id`() throws {
        let tensor = try Self.tensor([1, 2])
        var plain = ByteBuffer()
        var streamed = ByteBuffer()
        let requested = [RequestedOutput(index: 0, binary: true)]
        try GRPCInferResponseEncoder.encode(
            modelName: "iris", modelVersion: "3", id: nil, outputs: [tensor], requested: requested, into: &plain)
        try GRPCInferResponseEncoder.encodeStreamed(
            modelName: "iris", modelVersion: "3", id: nil, outputs: [tensor], requested: requested, into: &streamed)
        var wrapped = ProtobufBuilder()
        wrapped.bytes(2, plain)
        #expect(streamed == wrapped.bytes)
        var failed = ByteBuffer()
        GRPCInferResponseEncoder.encodeStreamError("no", id: "r-1", into: &failed)
        let message = try ProtobufMessage(failed)
        #expect(try message.string(1) == "no")
        #expect(try message.messages(2)[0].string(3) == "r-1")
    }

    @Test func `an answer that no message could hold is refused before anything is written`() throws {
        // Nothing is read of it: the lengths alone are refused.
        let memory = TensorStorage(byteCount: 1)
        let huge = TensorStorage(borrowing: memory.base, byteCount: 1 << 31, owner: memory)
        let tensor = Tensor(
            checkedName: "y", elementType: .uint8, shape: try Shape([1 << 31]), storage: huge)
        var buffer = ByteBuffer()
        let problem = #expect(throws: ProtocolError.self) {
            try GRPCInferResponseEncoder.encode(
                modelName: "m", modelVersion: "1", id: nil, outputs: [tensor],
                requested: [RequestedOutput(index: 0, binary: true)], into: &buffer)
        }
        #expect(problem?.message.contains("2 GiB") == true)
        #expect(buffer.readableBytes == 0)
    }
}
