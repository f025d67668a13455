import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

@Suite struct OIPRequestTests {
    @Test func `a plain request becomes a tensor`() throws {
        let request = try Bodies.decode(
            #"{"id":"a7","inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1.5,-2,3e2,0.1]}]}"#)
        #expect(request.id == "a7")
        #expect(request.inputs.count == 1)
        #expect(request.inputs[0].name == "x")
        #expect(request.inputs[0].shape.dimensions == [1, 4])
        #expect(request.inputs[0].elements(Float.self) == [1.5, -2, 300, 0.1])
        #expect(request.outputs == [RequestedOutput(index: 0)])
    }

    @Test(arguments: [
        #"{"inputs":[{"data":[1,2,3,4],"datatype":"FP32","shape":[1,4],"name":"x"}]}"#,
        #"{"inputs":[{"shape":[1,4],"data":[1,2,3,4],"name":"x","datatype":"FP32"}]}"#,
        #"{"outputs":null,"inputs":[{"name":"x","datatype":"FP32","data":[[1,2,3,4]],"shape":[1,4]}],"id":null}"#,
        #"{"parameters":{},"unknown":{"a":[1,{"b":null}]},"inputs":[{"name":"x","shape":[1,4],"#
            + #""datatype":"FP32","more":["\u00e9\n"],"parameters":{"note":1.5e3},"data":[1,2,3,4]}]}"#,
        " {\n\t\"inputs\" : [ { \"name\" : \"x\" , \"shape\" : [ 1 , 4 ] , \"datatype\" : \"FP32\" ,\r\n"
            + " \"data\" : [ 1 , 2 , 3 , 4 ] } ] } \n",
        #"{"\u0069nputs":[{"name":"\u0078","shape":[1,4.0],"datatype":"FP\u00332","data":[1,2,3,4e0]}]}"#,
    ])
    func `keys in any order, unknown keys, spaces and escapes make no difference`(body: String) throws {
        let request = try Bodies.decode(body)
        #expect(request.inputs[0].elements(Float.self) == [1, 2, 3, 4])
    }

    @Test(arguments: [
        ("[2,2,1]", "[1,2,3,4]"), ("[2,2,1]", "[[[1],[2]],[[3],[4]]]"), ("[4]", "[1,2,3,4]"),
        ("[1,1,4]", "[[[1,2,3,4]]]"),
    ])
    func `data may be flat or nested as its shape`(shape: String, data: String) throws {
        let rank = shape.filter { $0 == "," }.count + 1
        let signature = Bodies.signature(.int64, Array(repeating: .unknown, count: rank))
        let request = try Bodies.decode(Bodies.request(data: data, shape: shape, type: "INT64"), signature)
        #expect(request.inputs[0].elements(Int64.self) == [1, 2, 3, 4])
    }

    @Test(arguments: [("[0]", "[]", 1), ("[0,3]", "[]", 2), ("[2,0]", "[[],[]]", 2), ("[2,0]", "[]", 2)])
    func `a tensor may be empty`(shape: String, data: String, rank: Int) throws {
        let signature = Bodies.signature(.fp64, Array(repeating: .unknown, count: rank))
        let request = try Bodies.decode(Bodies.request(data: data, shape: shape, type: "FP64"), signature)
        #expect(request.inputs[0].storage.byteCount == 0)
    }

    @Test(arguments: ["[7]", "7", " [ 7 ] "])
    func `a scalar has the shape of no dimensions`(data: String) throws {
        let request = try Bodies.decode(
            Bodies.request(data: data, shape: "[]", type: "UINT8"), Bodies.signature(.uint8, []))
        #expect(request.inputs[0].shape == .scalar)
        #expect(request.inputs[0].elements(UInt8.self) == [7])
    }

    @Test func `every data type is read at its limits`() throws {
        func bytes(_ type: ElementType, _ data: String) throws -> Tensor {
            let signature = Bodies.signature(type, [.unknown])
            let count = data.split(separator: ",").count
            return try Bodies.decode(
                Bodies.request(data: "[\(data)]", shape: "[\(count)]", type: type.rawValue), signature
            ).inputs[0]
        }
        #expect(try bytes(.bool, "true,false,1,0").elements(UInt8.self) == [1, 0, 1, 0])
        #expect(try bytes(.int8, "-128,127,-0").elements(Int8.self) == [-128, 127, 0])
        #expect(try bytes(.int16, "-32768,32767").elements(Int16.self) == [.min, .max])
        #expect(try bytes(.int32, "-2147483648,2147483647,2e3").elements(Int32.self) == [.min, .max, 2000])
        #expect(
            try bytes(.int64, "-9223372036854775808,9223372036854775807,10.0").elements(Int64.self)
                == [.min, .max, 10])
        #expect(try bytes(.uint8, "0,255").elements(UInt8.self) == [0, 255])
        #expect(try bytes(.uint16, "0,65535").elements(UInt16.self) == [0, 65535])
        #expect(try bytes(.uint32, "0,4294967295").elements(UInt32.self) == [0, .max])
        #expect(try bytes(.uint64, "0,18446744073709551615,-0").elements(UInt64.self) == [0, .max, 0])
        #expect(try bytes(.fp16, "1,-2,65504,6e-8").elements(UInt16.self) == [0x3c00, 0xc000, 0x7bff, 0x0001])
        #expect(try bytes(.bf16, "1,-2,3.140625").elements(UInt16.self) == [0x3f80, 0xc000, 0x4049])
        #expect(
            try bytes(.fp32, "3.4028235e38,1e-45").elements(Float.self) == [
                .greatestFiniteMagnitude, .leastNonzeroMagnitude,
            ])
        #expect(
            try bytes(.fp64, "1.7976931348623157e308,5e-324").elements(Double.self) == [
                .greatestFiniteMagnitude, .leastNonzeroMagnitude,
            ])
        #expect(try bytes(.fp64, "-0").elements(Double.self)[0].sign == .minus)
    }

    @Test func `what is no number is read as a word or as a string`() throws {
        let body = Bodies.request(
            data: #"[NaN,"NaN",Infinity,"Infinity",-Infinity,"-Infinity"]"#, shape: "[6]", type: "FP32")
        let values = try Bodies.decode(body, Bodies.signature(.fp32, [.unknown])).inputs[0].elements(Float.self)
        #expect(values[0].isNaN && values[1].isNaN)
        let infinite: [Float] = [.infinity, .infinity, -.infinity, -.infinity]
        #expect(Array(values[2...]) == infinite)
    }

    @Test func `strings keep their characters`() throws {
        let body = Bodies.request(
            data: #"[["","a\"b\\\/\b\f\n\r\t"],["\u00e9\ud83d\ude00","日本"]]"#, shape: "[2,2]", type: "BYTES")
        let tensor = try Bodies.decode(body, Bodies.signature(.bytes, [.unknown, .fixed(2)])).inputs[0]
        #expect(tensor.strings == ["", "a\"b\\/\u{8}\u{c}\n\r\t", "é😀", "日本"])
        #expect(BytesElements.count(in: tensor.storage.bytes) == 4)
    }

    static let several = Signature(
        inputs: [
            TensorSpec(name: "a", elementType: .fp32, shape: [.symbolic("n")]),
            TensorSpec(name: "b", elementType: .int32, shape: [.symbolic("n"), .symbolic("m")]),
            TensorSpec(name: "c", elementType: .bool, shape: [], isOptional: true),
        ],
        outputs: ["p", "q", "r"].map { TensorSpec(name: $0, elementType: .fp32, shape: [.symbolic("n")]) })

    static func input(_ name: String, _ type: String, _ shape: String, _ data: String) -> String {
        #"{"name":"\#(name)","shape":\#(shape),"datatype":"\#(type)","data":\#(data)}"#
    }

    @Test func `inputs come back in the signature's order`() throws {
        let inputs = [
            Self.input("c", "BOOL", "[]", "[true]"), Self.input("b", "INT32", "[2,1]", "[1,2]"),
            Self.input("a", "FP32", "[2]", "[1,2]"),
        ]
        let request = try Bodies.decode(#"{"inputs":[\#(inputs.joined(separator: ","))]}"#, Self.several)
        #expect(request.inputs.map(\.name) == ["a", "b", "c"])
    }

    @Test func `an optional input may be missing`() throws {
        let inputs = [Self.input("b", "INT32", "[2,1]", "[1,2]"), Self.input("a", "FP32", "[2]", "[1,2]")]
        let request = try Bodies.decode(#"{"inputs":[\#(inputs.joined(separator: ","))]}"#, Self.several)
        #expect(request.inputs.map(\.name) == ["a", "b"])
    }

    @Test func `outputs come in the order asked for, each in its own way`() throws {
        let inputs = [Self.input("b", "INT32", "[2,1]", "[1,2]"), Self.input("a", "FP32", "[2]", "[1,2]")]
        let request = try Bodies.decode(
            #"{"parameters":{"binary_data_output":true},"inputs":[\#(inputs.joined(separator: ","))],"outputs":["#
                + #"{"name":"r"},{"name":"p","parameters":{"binary_data":false,"classification":3}}]}"#, Self.several)
        #expect(
            request.outputs == [
                RequestedOutput(index: 2, binary: true),
                RequestedOutput(index: 0, binary: false, classification: 3),
            ])
    }
}
