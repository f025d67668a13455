import NIOCore
import Tensors
import Testing

@testable import InferenceProtobuf
@testable import InferenceProtocol

@Suite struct TypedContentsTests {
    static func decode(
        _ type: ElementType, count: Int, _ fill: (inout ProtobufBuilder) -> Void
    ) throws(ProtocolError) -> Tensor {
        try Messages.decode(
            { message in message.input("x", type.rawValue, [count]) { $0.message(5, fill) } },
            Bodies.signature(type, [.unknown])
        ).inputs[0]
    }

    @Test func `numbers may be packed, one by one, or both`() throws {
        let tensor = try Self.decode(.int64, count: 5) { contents in
            contents.packed(3, [1, -2])
            contents.choice(3, 3)
            contents.packed(3, [Int(Int64.min), Int.max])
        }
        #expect(tensor.elements(Int64.self) == [1, -2, 3, .min, .max])
        let floats = try Self.decode(.fp32, count: 3) { contents in
            contents.bytes(6, Messages.raw([Float(1)]))
            contents.bytes(6, Messages.raw([Float(2), 3]))
        }
        #expect(floats.elements(Float.self) == [1, 2, 3])
        let doubles = try Self.decode(.fp64, count: 2) { contents in
            contents.double(7, 0.5)
            contents.double(7, -1)
        }
        #expect(doubles.elements(Double.self) == [0.5, -1])
    }

    @Test func `a contents that comes in two parts is one`() throws {
        let request = try Messages.decode(
            { message in
                message.input("x", "INT32", [3]) { input in
                    input.message(5) { $0.packed(2, [1, 2]) }
                    input.message(5) { $0.packed(2, [-3]) }
                }
            }, Bodies.signature(.int32, [.unknown]))
        #expect(request.inputs[0].elements(Int32.self) == [1, 2, -3])
    }

    @Test func `every type is read at its edges`() throws {
        #expect(try Self.decode(.bool, count: 3) { $0.packed(1, [0, 1, 2]) }.elements(UInt8.self) == [0, 1, 1])
        #expect(try Self.decode(.int8, count: 2) { $0.packed(2, [-128, 127]) }.elements(Int8.self) == [-128, 127])
        #expect(try Self.decode(.int16, count: 1) { $0.packed(2, [-32768]) }.elements(Int16.self) == [.min])
        #expect(try Self.decode(.uint8, count: 1) { $0.packed(4, [255]) }.elements(UInt8.self) == [255])
        #expect(try Self.decode(.uint16, count: 1) { $0.packed(4, [65535]) }.elements(UInt16.self) == [65535])
        #expect(try Self.decode(.uint32, count: 1) { $0.packed(4, [1 << 32 - 1]) }.elements(UInt32.self) == [.max])
        #expect(try Self.decode(.uint64, count: 1) { $0.choice(5, .max) }.elements(UInt64.self) == [.max])
        let texts = try Self.decode(.bytes, count: 2) { contents in
            contents.element(8, "")
            contents.element(8, "né")
        }
        #expect(texts.strings == ["", "né"])
    }

    @Test(arguments: [(ElementType.int8, 128), (.int8, -129), (.int16, 40000), (.uint8, 256), (.uint16, -1)])
    func `a number out of its type's range is refused by its index`(type: ElementType, number: Int) throws {
        let field: UInt32 = type == .int8 || type == .int16 ? 2 : 4
        let problem = #expect(throws: ProtocolError.self) {
            try Self.decode(type, count: 2) { $0.packed(field, [0, number]) }
        }
        #expect(problem?.field == "inputs[0].contents.\(field == 2 ? "int" : "uint")_contents[1]")
    }

    @Test func `elements in another type's field are refused`() throws {
        let problem = #expect(throws: ProtocolError.self) {
            try Self.decode(.fp32, count: 1) { $0.double(7, 1) }
        }
        #expect(
            problem?.message
                == "inputs[0].contents: elements of type FP32 belong in 'fp32_contents', got 'fp64_contents'")
    }

    @Test func `a tensor without elements needs no contents`() throws {
        let request = try Messages.decode({ $0.input("x", "FP32", [0]) }, Bodies.signature(.fp32, [.unknown]))
        #expect(request.inputs[0].shape.dimensions == [0])
        #expect(try Self.decode(.fp64, count: 0) { $0.packed(3, []) }.storage.byteCount == 0)
    }

    @Test(arguments: [0, 1, 3])
    func `too few and too many elements are refused`(count: Int) throws {
        let problem = #expect(throws: ProtocolError.self) {
            try Self.decode(.int32, count: count) { $0.packed(2, [1, 2]) }
        }
        #expect(problem?.message.contains("calls for \(count) elements, got 2") == true)
    }
}
