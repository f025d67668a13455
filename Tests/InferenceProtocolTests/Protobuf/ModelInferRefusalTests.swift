import NIOCore
import Tensors
import Testing

@testable import InferenceProtobuf
@testable import InferenceProtocol

@Suite struct ModelInferRefusalTests {
    static let four = Messages.raw([Float(1), 2, 3, 4])

    @Test func `what does not fit the signature is refused in the words that HTTP uses`() throws {
        let http = try #require(Bodies.problem(Bodies.request(data: "[1,2,3,4]", type: "INT64")))
        let grpc = try #require(Messages.problem { $0.input("x", "INT64") })
        #expect(grpc.field == http.field)
        #expect(http.message.hasPrefix(grpc.message))
        let shape = try #require(Messages.problem { $0.input("x", "FP32", [4]) })
        #expect(shape.field == "inputs[0].shape")
        #expect(shape.message.contains("2 dimensions expected, got 1"))
        let name = try #require(Messages.problem { $0.input("X") })
        #expect(name.message.contains("did you mean 'x'?"))
        let missing = try #require(Messages.problem { $0.string(1, "iris") })
        #expect(missing.message == "inputs: the model also needs the input 'x'")
    }

    @Test func `an id that is too long to echo is refused, and the longest is not`() throws {
        func head(_ count: Int) throws(ProtocolError) -> GRPCInferRequest {
            var message = ProtobufBuilder()
            message.string(3, String(repeating: "i", count: count))
            return try GRPCInferRequest.head(of: message.bytes)
        }
        #expect(try head(65_536).id.utf8.count == 65_536)
        let problem = #expect(throws: ProtocolError.self) { _ = try head(65_537) }
        #expect(problem?.field == "id")
        #expect(problem?.message.contains("at most 65536 bytes, this one has 65537") == true)
    }

    @Test func `raw and typed contents in one request are refused`() throws {
        let both = try #require(
            Messages.problem { message in
                message.input { $0.contents(6, Self.four) }
                message.bytes(7, Self.four)
            })
        #expect(both.field == "inputs[0].contents")
        let some = try #require(
            Messages.problem(OIPRequestTests.several) { message in
                message.input("a", "FP32", [2])
                message.input("b", "INT32", [2, 1])
                message.bytes(7, Messages.raw([Float(1), 2]))
            })
        #expect(some.message.contains("one for each of the 2 inputs, or none at all, got 1"))
    }

    @Test func `an input twice, an output twice and an output that is not there are refused`() throws {
        let twice = try #require(
            Messages.problem { message in
                for _ in 0..<2 { message.input { $0.contents(6, Self.four) } }
            })
        #expect(twice.message.contains("given twice"))
        for (names, words) in [(["y", "y"], "asked for twice"), (["z"], "no output 'z'"), ([""], "no output ''")] {
            let problem = try #require(
                Messages.problem { message in
                    message.input { $0.contents(6, Self.four) }
                    for name in names { message.message(6) { $0.element(1, name) } }
                })
            #expect(problem.message.contains(words))
            #expect(problem.field?.hasPrefix("outputs[\(names.count - 1)]") == true)
        }
    }

    @Test func `shared memory is refused where it is asked for`() throws {
        let input = try #require(
            Messages.problem { $0.input { $0.entry(4, "shared_memory_region") { $0.element(3, "r") } } })
        #expect(input.field == "inputs[0].parameters")
        let output = try #require(
            Messages.problem { message in
                message.input { $0.contents(6, Self.four) }
                message.message(6) { output in
                    output.string(1, "y")
                    output.entry(2, "shared_memory_byte_size") { $0.choice(2, 8) }
                }
            })
        #expect(output.field == "outputs[0].parameters")
        #expect(output.message.contains("shared memory"))
    }

    @Test func `a number of classes must be one`() throws {
        for fill: @Sendable (inout ProtobufBuilder) -> Void in [
            { $0.choice(2, UInt64.max) }, { $0.element(3, "3") }, { $0.double(4, 3) }, { $0.choice(1, 1) },
        ] {
            let problem = try #require(
                Messages.problem { message in
                    message.input { $0.contents(6, Self.four) }
                    message.message(6) { output in
                        output.string(1, "y")
                        output.entry(2, "classification", fill)
                    }
                })
            #expect(problem.field == "outputs[0].parameters.classification")
        }
    }

    @Test(arguments: [[-1, 4], [1 << 62, 4], [Int.min, 4], Array(repeating: 1, count: 65)])
    func `shapes that nobody can have are refused`(shape: [Int]) throws {
        let problem = try #require(Messages.problem { $0.input("x", "FP32", shape) })
        #expect(problem.field == "inputs[0].shape")
    }

    @Test func `groups, field number 0 and endless numbers are refused`() {
        for bytes: [UInt8] in [
            [0x0b, 0x0c], [0x00, 0x00], [0x02, 0x00], [0x08] + Array(repeating: 0xff, count: 11), [0x08],
            [0x0a, 0x05, 0x61], [0x0d, 0, 0], [0x09, 0], [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x00],
        ] {
            let problem = #expect(throws: ProtocolError.self, "\(bytes)") {
                try GRPCInferRequest.head(of: ByteBuffer(bytes: bytes))
            }
            #expect(problem?.offset != nil)
            #expect(throws: ProtocolError.self, "\(bytes)") {
                try GRPCInferRequestDecoder.decode(ByteBuffer(bytes: bytes), signature: Bodies.signature())
            }
        }
    }

    @Test func `a name that is no text is refused`() throws {
        var message = ProtobufBuilder()
        message.bytes(3, ByteBuffer(bytes: [0x61, 0xff]))
        let problem = #expect(throws: ProtocolError.self) { try GRPCInferRequest.head(of: message.bytes) }
        #expect(problem?.field == "id")
    }
}
