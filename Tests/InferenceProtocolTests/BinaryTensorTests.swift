import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

@Suite struct BinaryTensorTests {
    static func header(_ type: String, _ shape: String, _ size: Int, padding: Int = 0) -> String {
        #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"\#(type)","parameters":{"binary_data_size":\#(size)}}]}"#
            + String(repeating: " ", count: padding)
    }

    static func decode(_ header: String, _ bytes: [UInt8], _ signature: Signature) throws(ProtocolError)
        -> InferenceRequest
    {
        var body = ByteBuffer(string: header)
        body.writeBytes(bytes)
        return try OIPRequestDecoder.decode(body, headerLength: header.utf8.count, signature: signature)
    }

    static let floats: [Float] = [1, -2.5, .infinity, .leastNonzeroMagnitude]

    @Test func `an aligned binary tensor is a slice of the body, any other a copy`() throws {
        let values = Self.floats.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
        var slices = 0
        for padding in 0..<4 {
            let header = Self.header("FP32", "[1,4]", 16, padding: padding)
            var body = ByteBuffer(string: header)
            body.writeBytes(values)
            let request = try OIPRequestDecoder.decode(
                body, headerLength: header.utf8.count, signature: Bodies.signature())
            let storage = request.inputs[0].storage
            let isSlice = body.withUnsafeReadableBytes { bytes in
                bytes.baseAddress.map { storage.base >= $0 && storage.base < $0 + bytes.count } ?? false
            }
            slices += isSlice ? 1 : 0
            // What happens to the buffer afterwards must not reach the tensor.
            body.clear()
            body.writeRepeatingByte(0xff, count: 400)
            #expect(request.inputs[0].elements(Float.self) == Self.floats)
            #expect(Int(bitPattern: storage.base) % 4 == 0)
        }
        #expect(slices == 1)
    }

    @Test func `several binary tensors follow in the order of the inputs`() throws {
        let header =
            #"{"inputs":[{"name":"b","shape":[2,1],"datatype":"INT32","parameters":{"binary_data_size":8}},"#
            + #"{"name":"c","shape":[],"datatype":"BOOL","data":[true]},"#
            + #"{"parameters":{"binary_data_size":8},"name":"a","shape":[2],"datatype":"FP32"}]}"#
        let request = try Self.decode(
            header, [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], OIPRequestTests.several)
        #expect(request.inputs[0].elements(Float.self) == [1, -2])
        #expect(request.inputs[1].elements(Int32.self) == [1, 2])
    }

    @Test func `binary BYTES are checked length by length`() throws {
        let signature = Bodies.signature(.bytes, [.unknown])
        let good: [UInt8] = [1, 0, 0, 0, 0xff, 0, 0, 0, 0]
        let request = try Self.decode(Self.header("BYTES", "[2]", 9), good, signature)
        #expect(BytesElements.count(in: request.inputs[0].storage.bytes) == 2)
        for bad: [UInt8] in [[1, 0, 0, 0], [9, 0, 0, 0, 1], [0xff, 0xff, 0xff, 0xff, 1], [0, 0, 0, 0, 0, 0]] {
            #expect(throws: ProtocolError.self) {
                try Self.decode(Self.header("BYTES", "[1]", bad.count), bad, signature)
            }
        }
        #expect(throws: ProtocolError.self) { try Self.decode(Self.header("BYTES", "[3]", 9), good, signature) }
    }

    @Test(arguments: [(15, 15), (16, 15), (16, 17), (17, 17), (0, 16), (0, 0), (Int.max, 16)])
    func `sizes that lie are refused`(announced: Int, sent: Int) {
        #expect(throws: ProtocolError.self) {
            try Self.decode(
                Self.header("FP32", "[1,4]", announced), Array(repeating: 0, count: sent), Bodies.signature())
        }
    }

    @Test(arguments: [-1, 1, 50, 1000, Int.max, Int.min])
    func `header lengths that lie are refused`(length: Int) {
        let body = Self.header("FP32", "[1,4]", 16) + "0123456789abcdef"
        #expect(throws: ProtocolError.self) { try Bodies.decode(body, headerLength: length) }
    }

    @Test func `a binary tensor without the header, or beside data, is refused`() throws {
        let missing = try #require(Bodies.problem(Self.header("FP32", "[1,4]", 16)))
        #expect(missing.message.contains("Inference-Header-Content-Length"))
        let both =
            #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4],"#
            + #""parameters":{"binary_data_size":0}}]}"#
        #expect(try #require(Bodies.problem(both, headerLength: both.utf8.count)).message.contains("not both"))
    }

    @Test func `a BOOL byte is 0 or 1`() throws {
        let signature = Bodies.signature(.bool, [.unknown])
        #expect(
            try Self.decode(Self.header("BOOL", "[2]", 2), [0, 1], signature).inputs[0].elements(UInt8.self) == [0, 1])
        #expect(throws: ProtocolError.self) { try Self.decode(Self.header("BOOL", "[2]", 2), [0, 2], signature) }
    }

    @Test func `a JSON request with the header's full length needs no binary data`() throws {
        let body = Bodies.request(data: "[1,2,3,4]")
        #expect(Bodies.problem(body, headerLength: body.utf8.count) == nil)
    }

    @Test func `a raw request's shape follows from its length`() throws {
        func raw(_ bytes: [UInt8], _ signature: Signature) throws -> InferenceRequest {
            try OIPRequestDecoder.decode(ByteBuffer(bytes: bytes), headerLength: 0, signature: signature)
        }
        let eight: [UInt8] = Array(1...8)
        let rows = try raw(eight, Bodies.signature(.uint8, [.symbolic("n"), .fixed(4)]))
        #expect(rows.inputs[0].shape.dimensions == [2, 4])
        #expect(rows.outputs == [RequestedOutput(index: 0, binary: true)])
        #expect(try raw(eight, Bodies.signature(.uint8, [.unknown, .unknown])).inputs[0].shape.dimensions == [1, 8])
        #expect(try raw(eight, Bodies.signature(.int64, [])).inputs[0].shape.dimensions == [])
        let text = try raw(Array("hello".utf8), Bodies.signature(.bytes, [.unknown, .fixed(1)]))
        #expect(text.inputs[0].shape.dimensions == [1, 1])
        #expect(text.inputs[0].strings == ["hello"])
        #expect(throws: ProtocolError.self) { try raw(eight, Bodies.signature(.uint8, [.unknown, .fixed(3)])) }
        #expect(throws: ProtocolError.self) {
            try raw(eight, Bodies.signature(.uint8, [.unknown, .unknown, .unknown]))
        }
        #expect(throws: ProtocolError.self) { try raw(eight, Bodies.signature(.uint8, [.unknown, .fixed(0)])) }
        #expect(throws: ProtocolError.self) { try raw(eight, Bodies.signature(.bytes, [.fixed(2)])) }
        #expect(throws: ProtocolError.self) { try raw(eight, OIPRequestTests.several) }
        #expect(throws: ProtocolError.self) { try raw([], Bodies.signature(.fp32, [.fixed(1)])) }
    }
}
