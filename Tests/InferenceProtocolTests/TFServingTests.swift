import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

@Suite struct TFServingTests {
    static let several = OIPRequestTests.several
    static let rows = Bodies.signature(.fp32, [.symbolic("batch"), .fixed(2)])
    static let texts = Bodies.signature(.bytes, [.symbolic("batch")])

    static func decode(_ text: String, _ signature: Signature = rows) throws(ProtocolError) -> TFServingRequest {
        try TFServingRequestDecoder.decode(ByteBuffer(string: text), signature: signature)
    }

    @Test(arguments: [
        #"{"instances":[[1,2],[3,4],[5,6.0]]}"#, #"{"inputs":[[1,2],[3,4],[5,6]]}"#,
        #"{"instances":[{"x":[1,2]},{"x":[3,4]},{"x":[5,6]}]}"#, #"{"inputs":{"x":[[1,2],[3,4],[5,6]]}}"#,
        #"{"signature_name":"serving_default","instances":[[1,2],[3,4],[5,6]],"context":{"a":[]}}"#,
        #"{ "instances" : [ [ 1 , 2 ] , [ 3 , 4 ] , [ 5 , 6 ] ] , "signature_name" : "" }"#,
    ])
    func `every form of one input gives the same tensor`(body: String) throws {
        let request = try Self.decode(body)
        #expect(request.form == (body.contains("instances") ? .row : .column))
        #expect(request.request.inputs[0].shape.dimensions == [3, 2])
        #expect(request.request.inputs[0].elements(Float.self) == [1, 2, 3, 4, 5, 6])
        #expect(request.request.outputs == [RequestedOutput(index: 0)])
    }

    @Test func `instances may be bare values`() throws {
        let signature = Bodies.signature(.int32, [.unknown])
        #expect(
            try Self.decode(#"{"instances":[1,2,3]}"#, signature).request.inputs[0].elements(Int32.self) == [1, 2, 3])
        #expect(try Self.decode(#"{"inputs":7}"#, Bodies.signature(.int32, [])).request.inputs[0].shape == .scalar)
    }

    @Test func `several inputs come by name, in rows or in columns`() throws {
        for body in [
            #"{"instances":[{"a":1.5,"b":[1,2]},{"b":[3,4],"a":2}]}"#,
            #"{"inputs":{"b":[[1,2],[3,4]],"a":[1.5,2]}}"#,
        ] {
            let inputs = try Self.decode(body, Self.several).request.inputs
            #expect(inputs.map(\.name) == ["a", "b"])
            #expect(inputs[0].shape.dimensions == [2])
            #expect(inputs[0].elements(Float.self) == [1.5, 2])
            #expect(inputs[1].shape.dimensions == [2, 2])
            #expect(inputs[1].elements(Int32.self) == [1, 2, 3, 4])
        }
    }

    @Test func `strings are text or base64`() throws {
        let request = try Self.decode(
            #"{"instances":["a",{"b64":"aGVsbG8="},{"b64":"aGVsbG8"},{"b64":""},{"b64":"\/\/8="}]}"#, Self.texts)
        #expect(request.request.inputs[0].strings.prefix(4) == ["a", "hello", "hello", ""])
        #expect(request.request.inputs[0].storage.bytes.suffix(2) == [0xff, 0xff])
        let first = try Self.decode(#"{"instances":[{"b64":"YQ=="},"b"]}"#, Self.texts)
        #expect(first.request.inputs[0].strings == ["a", "b"])
        let scalar = try Self.decode(#"{"inputs":{"b64":"YQ=="}}"#, Bodies.signature(.bytes, []))
        #expect(scalar.request.inputs[0].strings == ["a"])
    }

    @Test(arguments: [
        (#"{}"#, "neither 'instances' nor 'inputs'"),
        (#"{"instances":[]}"#, "list of instances is empty"),
        (#"{"instances":[[1,2]],"inputs":[[1,2]]}"#, "either 'instances' or 'inputs'"),
        (#"{"instances":[[1,2]],"instances":[[1,2]]}"#, "occurs twice"),
        (#"{"signature_name":"other","instances":[[1,2]]}"#, "signature_name: there is no signature 'other'"),
        (#"{"instances":[[1,2],[3]]}"#, "instances[1]: lists of the same depth must be of the same length: expected 2"),
        (#"{"instances":[[1,2],3]}"#, "instances[1]: expected a list as before, got 3"),
        (#"{"instances":[1,[2]]}"#, "instances[1]: expected a value of type FP32 as before, got a list"),
        (#"{"instances":[[[1],[2]]]}"#, "instances[0][0]: the input 'x' has the shape [batch, 2]: expected a value"),
        (#"{"instances":[1,2]}"#, "instances.x: the model's input 'x' has the shape [batch, 2], got [2]"),
        (#"{"instances":[[1,2,3]]}"#, "has the shape [batch, 2], got [1, 3]"),
        (#"{"instances":[[1,"2"]]}"#, #"instances[0][1]: expected a value of type FP32, got "2""#),
        (#"{"instances":[{"x":[1,2]},[3,4]]}"#, "instances[1]: expected an object, got a list"),
        (#"{"instances":[[1,2],{"x":[3,4]}]}"#, "instances[1]: expected a list as before, got an object"),
        (#"{"instances":[{"x":[1,2],"x":[1,2]}]}"#, "instances[0]: the input 'x' is given twice"),
        (#"{"instances":[{"x":[1,2]},{}]}"#, "instances[1]: this instance lacks the input 'x'"),
        (#"{"instances":[{"y":[1,2]}]}"#, "instances[0]: the model has no input 'y'"),
        (#"{"inputs":{"x":[[1,2]],"x":[[1,2]]}}"#, "inputs: the input 'x' is given twice"),
        (#"{"inputs":{}}"#, "inputs: the model also needs the input 'x'"),
        (#"{"inputs":{"x":[[1,1e999]]}}"#, "inputs.x[0][1]: expected a value of type FP32, got 1e999"),
        (#"{"instances":[[1,2]]} x"#, "nothing after the JSON object"),
    ])
    func `a request that does not fit is refused`(body: String, says: String) {
        let problem = #expect(throws: ProtocolError.self) { try Self.decode(body) }
        #expect(problem?.message.contains(says) == true, "\(problem?.message ?? "")")
    }

    @Test(arguments: [
        #"{"instances":[{"b64":"a"}]}"#, #"{"instances":[{"b64":"YQ==","c":1}]}"#, #"{"instances":[{"b64":"Y!=="}]}"#,
        #"{"instances":["a",{"c":"YQ=="}]}"#, #"{"instances":[{"b64":5}]}"#, #"{"instances":[{"b64":"YR=="}]}"#,
        #"{"instances":["a",{}]}"#,
    ])
    func `bad base64 is refused`(body: String) {
        #expect(throws: ProtocolError.self) { try Self.decode(body, Self.texts) }
    }

    @Test func `an optional input is in all instances or in none`() {
        #expect(throws: Never.self) {
            try Self.decode(#"{"instances":[{"a":1,"b":[1]}]}"#, Self.several)
        }
        for body in [
            #"{"instances":[{"a":1,"b":[1],"c":true},{"a":1,"b":[1]}]}"#,
            #"{"instances":[{"a":1,"b":[1]},{"a":1,"b":[1],"c":true}]}"#,
        ] {
            #expect(throws: ProtocolError.self) { try Self.decode(body, Self.several) }
        }
        #expect(throws: ProtocolError.self) { try Self.decode(#"{"instances":[1,2]}"#, Self.several) }
    }

    static func encode(_ outputs: [Tensor], _ form: TFServingRequest.Form) throws -> String {
        var buffer = ByteBuffer()
        try TFServingResponseEncoder.encode(outputs: outputs, form: form, into: &buffer)
        return String(buffer: buffer)
    }

    @Test func `one output is answered bare, several by name`() throws {
        let y = try OIPResponseTests.tensor("y", .fp32, [2, 2], [1, 2, 3, .nan] as [Float])
        let label = try OIPResponseTests.strings("label", [2], [Array("a".utf8), Array("b".utf8)])
        #expect(try Self.encode([y], .row) == #"{"predictions":[[1.0,2.0],[3.0,NaN]]}"#)
        #expect(try Self.encode([y], .column) == #"{"outputs":[[1.0,2.0],[3.0,NaN]]}"#)
        #expect(
            try Self.encode([y, label], .row)
                == #"{"predictions":[{"y":[1.0,2.0],"label":"a"},{"y":[3.0,NaN],"label":"b"}]}"#)
        #expect(
            try Self.encode([y, label], .column) == #"{"outputs":{"y":[[1.0,2.0],[3.0,NaN]],"label":["a","b"]}}"#)
    }

    @Test func `bytes are base64 where the name says so, or where they are no text`() throws {
        let named = try OIPResponseTests.strings("image_bytes", [2], [Array("hello".utf8), []])
        #expect(try Self.encode([named], .row) == #"{"predictions":[{"b64":"aGVsbG8="},{"b64":""}]}"#)
        let plain = try OIPResponseTests.strings("text", [3], [Array("a\n".utf8), [0xff], [0xfb, 0xff]])
        #expect(try Self.encode([plain], .row) == #"{"predictions":["a\n",{"b64":"/w=="},{"b64":"+/8="}]}"#)
    }

    @Test func `rows need a first dimension that all outputs share`() throws {
        let scalar = try OIPResponseTests.tensor("s", .int8, [], [1] as [Int8])
        let two = try OIPResponseTests.tensor("two", .int8, [2], [1, 2] as [Int8])
        let three = try OIPResponseTests.tensor("three", .int8, [3], [1, 2, 3] as [Int8])
        #expect(throws: ProtocolError.self) { try Self.encode([scalar], .row) }
        #expect(throws: ProtocolError.self) { try Self.encode([two, three], .row) }
        #expect(try Self.encode([scalar], .column) == #"{"outputs":1}"#)
        #expect(try Self.encode([two, three], .column) == #"{"outputs":{"two":[1,2],"three":[1,2,3]}}"#)
    }
}
