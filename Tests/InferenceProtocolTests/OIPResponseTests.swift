import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

@Suite struct OIPResponseTests {
    static func tensor<Element: BitwiseCopyable>(
        _ name: String, _ type: ElementType, _ shape: [Int], _ elements: [Element]
    ) throws -> Tensor {
        let storage = TensorStorage(byteCount: elements.count * MemoryLayout<Element>.stride)
        elements.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        return try Tensor(name: name, elementType: type, shape: Shape(shape), storage: storage)
    }

    static func strings(_ name: String, _ shape: [Int], _ elements: [[UInt8]]) throws -> Tensor {
        let storage = try #require(BytesElements.encode(elements))
        return try Tensor(name: name, elementType: .bytes, shape: Shape(shape), storage: storage)
    }

    static func encode(
        _ outputs: [Tensor], _ requested: [RequestedOutput]? = nil, id: String? = nil, labels: [String]? = nil
    ) throws -> (json: String, binary: [UInt8], headerLength: Int?) {
        var buffer = ByteBuffer(string: "before")
        let length = try OIPResponseEncoder.encode(
            modelName: "m", modelVersion: "3", id: id, outputs: outputs,
            requested: requested ?? outputs.indices.map { RequestedOutput(index: $0) }, labels: { _ in labels },
            into: &buffer)
        #expect(buffer.readString(length: 6) == "before")
        let json = buffer.readString(length: length ?? buffer.readableBytes) ?? ""
        return (json, Array(buffer.readableBytesView), length)
    }

    @Test func `a response names model, version, id and outputs`() throws {
        let y = try Self.tensor("y", .fp32, [1, 3], [1.5, -0.0, 1e-7] as [Float])
        let label = try Self.tensor("label", .int64, [1], [7] as [Int64])
        let answer = try Self.encode([y, label], id: "a\"7")
        #expect(answer.headerLength == nil)
        #expect(
            answer.json == #"{"model_name":"m","model_version":"3","id":"a\"7","outputs":["#
                + #"{"name":"y","datatype":"FP32","shape":[1,3],"data":[1.5,-0.0,1e-7]},"#
                + #"{"name":"label","datatype":"INT64","shape":[1],"data":[7]}]}"#)
    }

    @Test func `binary outputs follow the JSON in order`() throws {
        let a = try Self.tensor("a", .uint8, [2], [1, 2] as [UInt8])
        let b = try Self.tensor("b", .bool, [2], [1, 0] as [UInt8])
        let c = try Self.tensor("c", .int16, [1], [0x0403] as [Int16])
        let answer = try Self.encode(
            [a, b, c],
            [
                RequestedOutput(index: 0, binary: true), RequestedOutput(index: 1),
                RequestedOutput(index: 2, binary: true),
            ])
        #expect(answer.headerLength == answer.json.utf8.count)
        #expect(answer.binary == [1, 2, 3, 4])
        #expect(
            answer.json == #"{"model_name":"m","model_version":"3","outputs":["#
                + #"{"name":"a","datatype":"UINT8","shape":[2],"parameters":{"binary_data_size":2}},"#
                + #"{"name":"b","datatype":"BOOL","shape":[2],"data":[true,false]},"#
                + #"{"name":"c","datatype":"INT16","shape":[1],"parameters":{"binary_data_size":2}}]}"#)
    }

    @Test func `a scalar, an empty tensor and special floats stay valid JSON`() throws {
        let scalar = try Self.tensor("s", .fp64, [], [5] as [Double])
        let empty = try Self.tensor("e", .fp32, [0, 4], [] as [Float])
        let special = try Self.tensor("n", .fp16, [3], [0x7e00, 0x7c00, 0xfc00] as [UInt16])
        let json = try Self.encode([scalar, empty, special]).json
        #expect(json.contains(#""shape":[],"data":[5.0]"#))
        #expect(json.contains(#""shape":[0,4],"data":[]"#))
        #expect(json.contains(#""data":["NaN","Infinity","-Infinity"]"#))
    }

    @Test func `strings are escaped, and what is no text is refused`() throws {
        let text = try Self.strings("t", [2], [Array("a\"\\\n\u{1}é".utf8), []])
        #expect(try Self.encode([text]).json.contains(#""data":["a\"\\\n\u0001é",""]"#))
        let bytes = try Self.strings("t", [2], [[0x61], [0xff, 0xfe]])
        var buffer = ByteBuffer(string: "kept")
        let problem = #expect(throws: ProtocolError.self) {
            try OIPResponseEncoder.encode(
                modelName: "m", modelVersion: "1", id: nil, outputs: [bytes], requested: [RequestedOutput(index: 0)],
                into: &buffer)
        }
        #expect(problem?.message.contains("element 1 of the output 't' is not UTF-8") == true)
        #expect(problem?.message.contains("binary_data") == true)
        #expect(String(buffer: buffer) == "kept")
        #expect(try Self.encode([bytes], [RequestedOutput(index: 0, binary: true)]).binary.count == 11)
    }

    @Test func `classification gives the best classes of each row`() throws {
        let scores = try Self.tensor("y", .fp32, [2, 4], [0.1, 0.7, 0.2, 0, 0.25, 0.25, .nan, 0.5] as [Float])
        let wanted = [RequestedOutput(index: 0, classification: 3)]
        let labelled = try Self.encode([scores], wanted, labels: ["a", "b", "c"])
        #expect(
            labelled.json.contains(
                #""datatype":"BYTES","shape":[2,3],"data":["0.7:1:b","0.2:2:c","0.1:0:a","0.5:3","0.25:0:a","0.25:1:b"]"#
            ))
        let row = try Self.tensor("y", .int8, [3], [-1, 5, 2] as [Int8])
        #expect(
            try Self.encode([row], [RequestedOutput(index: 0, classification: 9)]).json.contains(
                #""shape":[3],"data":["5:1","2:2","-1:0"]"#))
    }

    @Test func `classes can be binary too`() throws {
        let scores = try Self.tensor("y", .fp64, [1, 2], [0.5, 2] as [Double])
        let answer = try Self.encode([scores], [RequestedOutput(index: 0, binary: true, classification: 1)])
        #expect(answer.binary == [5, 0, 0, 0] + Array("2.0:1".utf8))
        #expect(answer.json.contains(#""shape":[1,1],"parameters":{"binary_data_size":9}"#))
    }

    @Test func `rows without classes cost nothing`() throws {
        let none = try Self.tensor("y", .fp32, [1 << 40, 0], [] as [Float])
        let answer = try Self.encode([none], [RequestedOutput(index: 0, classification: 2)])
        #expect(answer.json.contains(#""shape":[1099511627776,0],"data":[]"#))
    }

    @Test func `numbers for BYTES and booleans are refused`() throws {
        let label = try Self.strings("label", [1], [[0x61]])
        #expect(throws: ProtocolError.self) {
            try Self.encode([label], [RequestedOutput(index: 0, classification: 1)])
        }
    }
}
