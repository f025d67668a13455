import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

/// What the encoder writes, the decoder reads back bit by bit.
@Suite struct RoundTripTests {
    static func randomTensor(_ type: ElementType, _ random: inout SeededRandom) throws -> Tensor {
        let dimensions = (0..<Int(random.next() % 4)).map { _ in
            Int(random.next() % 4) + (random.next() % 8 == 0 ? 0 : 1)
        }
        let shape = try Shape(dimensions)
        guard let width = type.byteWidth else {
            let elements = (0..<shape.elementCount).map { _ in
                Array(
                    String(
                        String.UnicodeScalarView(
                            (0..<Int(random.next() % 9)).map { _ in
                                Unicode.Scalar(UInt32(random.next() % 0x11_0000)) ?? "\""
                            })
                    ).utf8)
            }
            return try OIPResponseTests.strings("x", dimensions, elements)
        }
        let storage = TensorStorage(byteCount: shape.elementCount * width)
        for index in 0..<storage.byteCount {
            storage.mutableBytes[index] = UInt8(truncatingIfNeeded: type == .bool ? random.next() & 1 : random.next())
        }
        return try Tensor(name: "x", elementType: type, shape: shape, storage: storage)
    }

    /// Bits, with every NaN the same: JSON has but one.
    static func bits(_ tensor: Tensor) -> [UInt8] {
        switch tensor.elementType {
        case .fp32: tensor.elements(Float.self).flatMap { [UInt8]("\($0.isNaN ? .nan : $0)".utf8) }
        case .fp64: tensor.elements(Double.self).flatMap { [UInt8]("\($0.isNaN ? .nan : $0)".utf8) }
        case .fp16:
            tensor.elements(UInt16.self).flatMap { withUnsafeBytes(of: $0 & 0x7fff > 0x7c00 ? 0x7e00 : $0, Array.init) }
        case .bf16:
            tensor.elements(UInt16.self).flatMap { withUnsafeBytes(of: $0 & 0x7fff > 0x7f80 ? 0x7fc0 : $0, Array.init) }
        default: Array(tensor.storage.bytes)
        }
    }

    /// The response's body made into a request's: both carry tensors in the same words.
    static func asRequest(_ response: ByteBuffer, _ headerLength: Int?) -> (body: ByteBuffer, headerLength: Int?) {
        var response = response
        let json = response.readString(length: headerLength ?? response.readableBytes) ?? ""
        let request = json.replacingFirst("\"outputs\"", with: "\"inputs\"")
        var body = ByteBuffer(string: request)
        body.writeBuffer(&response)
        return (body, headerLength == nil ? nil : request.utf8.count)
    }

    @Test(arguments: ElementType.allCases, [false, true])
    func `encoding then decoding is the identity`(type: ElementType, binary: Bool) throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let tensor = try Self.randomTensor(type, &random)
            var buffer = ByteBuffer()
            let length = try OIPResponseEncoder.encode(
                modelName: "m", modelVersion: "1", id: nil, outputs: [tensor],
                requested: [RequestedOutput(index: 0, binary: binary)], into: &buffer)
            let (body, headerLength) = Self.asRequest(buffer, length)
            let signature = Bodies.signature(type, Array(repeating: .unknown, count: tensor.shape.dimensions.count))
            let back = try OIPRequestDecoder.decode(body, headerLength: headerLength, signature: signature).inputs[0]
            #expect(back.shape == tensor.shape)
            #expect(Self.bits(back) == Self.bits(tensor))
        }
    }

    @Test(arguments: ElementType.allCases)
    func `nested lists of TensorFlow Serving come back the same`(type: ElementType) throws {
        var random = SeededRandom(seed: 8)
        for _ in 0..<200 {
            let tensor = try Self.randomTensor(type, &random)
            // An empty list says nothing of the dimensions within it.
            guard tensor.shape.elementCount > 0 else { continue }
            var buffer = ByteBuffer()
            try TFServingResponseEncoder.encode(outputs: [tensor], form: .column, into: &buffer)
            let body = String(buffer: buffer).replacingFirst("\"outputs\"", with: "\"inputs\"")
            let signature = Bodies.signature(type, Array(repeating: .unknown, count: tensor.shape.dimensions.count))
            let back = try TFServingRequestDecoder.decode(ByteBuffer(string: body), signature: signature)
            #expect(back.form == .column)
            #expect(back.request.inputs[0].shape == tensor.shape)
            #expect(Self.bits(back.request.inputs[0]) == Self.bits(tensor))
        }
    }

    @Test func `every half-precision number comes back the same`() throws {
        for type in [ElementType.fp16, .bf16] {
            let tensor = try OIPResponseTests.tensor("x", type, [65536], Array(UInt16.min...UInt16.max))
            var buffer = ByteBuffer()
            let length = try OIPResponseEncoder.encode(
                modelName: "m", modelVersion: "1", id: nil, outputs: [tensor], requested: [RequestedOutput(index: 0)],
                into: &buffer)
            let (body, _) = Self.asRequest(buffer, length)
            let signature = Bodies.signature(type, [.unknown])
            let back = try OIPRequestDecoder.decode(body, headerLength: nil, signature: signature).inputs[0]
            #expect(Self.bits(back) == Self.bits(tensor))
        }
    }
}

extension String {
    func replacingFirst(_ text: String, with other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
