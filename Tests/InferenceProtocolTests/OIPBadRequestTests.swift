import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

@Suite struct OIPBadRequestTests {
    /// A body, and what its refusal must say.
    struct Case: Sendable, CustomTestStringConvertible {
        var body: String
        var says: [String]
        var field: String?

        init(_ body: String, _ field: String?, _ says: String...) {
            self.body = body
            self.field = field
            self.says = says
        }

        var testDescription: String { String(body.prefix(60)) }
    }

    @Test(arguments: [
        Case("", nil, "empty body"),
        Case("   ", nil, "expected an object", "end of the text"),
        Case("[]", nil, "expected an object, got a list"),
        Case("{}", nil, "no 'inputs'"),
        Case(#"{"inputs":[]}"#, "inputs", "also needs the input 'x'"),
        Case(#"{"inputs":{}}"#, "inputs", "expected a list, got an object"),
        Case(#"{"inputs":[],"inputs":[]}"#, nil, "'inputs' occurs twice"),
        Case(#"{"inputs":[1]}"#, "inputs[0]", "expected an object, got 1"),
        Case(#"{"inputs":[{}]}"#, "inputs[0]", "needs a 'name'"),
        Case(#"{"inputs":[{"name":5}]}"#, "inputs[0].name", "expected a string, got 5"),
        Case(#"{"inputs":[{"name":"x"}]}"#, "inputs[0]", "needs a 'datatype'"),
        Case(#"{"inputs":[{"name":"x","datatype":"FP32"}]}"#, "inputs[0]", "needs a 'shape'"),
        Case(#"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4]}]}"#, "inputs[0]", "needs 'data'"),
        Case(#"{"inputs":[{"name":"x","name":"x"}]}"#, "inputs[0]", "'name' occurs twice"),
        Case(#"{"id":7,"inputs":[]}"#, "id", "expected a string, got 7"),
        Case(#"{"id":"\#(String(repeating: "i", count: 65_537))"}"#, "id", "at most 65536 bytes", "has 65537"),
        Case(#"{"a" 1}"#, nil, "expected ':' after the key"),
        Case(#"{"a":1 "b":2}"#, nil, "expected ',' or '}'"),
        Case(#"{a:1}"#, nil, "expected a key in double quotes"),
        Case(#"{"a":tru}"#, nil, "expected a value, got tru"),
        Case(#"{"a":01}"#, nil, "expected ',' or '}'", "got 1"),
        Case(#"{"a":1.}"#, nil, "expected a value, got 1."),
        Case(#"{"a":"\x"}"#, nil, "escape"),
        Case(#"{"a":"\ud800"}"#, nil, "surrogate"),
        Case("{\"a\":\"\u{1}\"}", nil, "control character 1"),
        Case(#"{"a":"b"#, nil, "ends within the string that began at byte 5"),
    ])
    func `a malformed request is refused with its place`(bad: Case) throws {
        let problem = try #require(Bodies.problem(bad.body))
        for text in bad.says { #expect(problem.message.contains(text), "\(problem.message)") }
        #expect(problem.field == bad.field, "\(problem.message)")
    }

    @Test(arguments: [
        Case(Bodies.request(data: "[1,2,3]"), "inputs[0].data", "[1, 4] calls for 4 values, got 3"),
        Case(Bodies.request(data: "[1,2,3,4,5]"), "inputs[0].data", "calls for 4 values, got 5"),
        Case(Bodies.request(data: "[[1,2],[3,4]]"), "inputs[0].data", "nested in another way"),
        Case(
            Bodies.request(data: "[[[1,2,3,4]]]"), "inputs[0].data[0][0]", "expected a value of type FP32, got a list"),
        Case(Bodies.request(data: "[1,[2],3,4]"), "inputs[0].data[1]", "expected a value of type FP32, got a list"),
        Case(Bodies.request(data: "1"), "inputs[0].data", "calls for 4 values, got 1"),
        Case(Bodies.request(data: "[1,2,3,null]"), "inputs[0].data[3]", "FP32", "got null"),
        Case(Bodies.request(data: "[1,2,3,true]"), "inputs[0].data[3]", "FP32", "got true"),
        Case(Bodies.request(data: #"[1,2,3,"4"]"#), "inputs[0].data[3]", "FP32", #"got "4""#),
        Case(Bodies.request(data: "[1,2,1e999,4]"), "inputs[0].data[2]", "FP32", "got 1e999", "(at byte 67)"),
        Case(Bodies.request(data: "[1,2,3.5e38,4]"), "inputs[0].data[2]", "FP32", "got 3.5e38"),
        Case(Bodies.request(data: "[1,2,.5,4]"), "inputs[0].data[2]", "FP32", "got .5"),
        Case(Bodies.request(data: "[1,2,+5,4]"), "inputs[0].data[2]", "FP32", "got +5"),
        Case(Bodies.request(data: "[1,2,nan,4]"), "inputs[0].data[2]", "FP32", "got nan"),
        Case(Bodies.request(data: "[1,2,,4]"), "inputs[0].data[2]", "FP32", "got ','"),
        Case(Bodies.request(data: "[1,2,3,4,]"), "inputs[0].data", "expected a value"),
        Case(Bodies.request(data: "[1 2,3,4]"), "inputs[0].data[1]", "expected ',' or ']' in a list, got 2"),
        Case(Bodies.request(data: "[1,2,3,4]", shape: "[4]"), "inputs[0].shape", "2 dimensions expected, got 1"),
        Case(Bodies.request(data: "[1,2,3]", shape: "[1,3]"), "inputs[0].shape", "[batch, 4], got [1, 3]"),
        Case(Bodies.request(data: "[1,2,3,4]", shape: "[-1,4]"), "inputs[0].shape[0]", "not negative, got -1"),
        Case(Bodies.request(data: "[1,2,3,4]", shape: "[1.5,4]"), "inputs[0].shape[0]", "whole number, got 1.5"),
        Case(
            Bodies.request(data: "[1]", shape: "[9223372036854775808,4]"), "inputs[0].shape[0]",
            "whole number, got 9223372036854775808"),
        Case(Bodies.request(data: "[1]", shape: "[4611686018427387904,4]"), "inputs[0].shape", "more elements"),
        Case(Bodies.request(data: "[1]", shape: "[1099511627776,4]"), "inputs[0].data", "4398046511104 values, got 1"),
        Case(Bodies.request(data: "[1,2,3,4]", type: "INT64"), "inputs[0].datatype", "of type FP32, got INT64"),
        Case(Bodies.request(data: "[1,2,3,4]", type: "float"), "inputs[0].datatype", "no data type", "FP64"),
    ])
    func `data that disagrees with its declaration is refused`(bad: Case) throws {
        let problem = try #require(Bodies.problem(bad.body))
        for text in bad.says { #expect(problem.message.contains(text), "\(problem.message)") }
        #expect(problem.field == bad.field, "\(problem.message)")
        #expect(problem.offset != nil)
    }

    @Test(arguments: [
        (ElementType.int8, "128"), (.int8, "-129"), (.uint8, "256"), (.uint8, "-1"), (.int16, "32768"),
        (.uint16, "65536"), (.int32, "2147483648"), (.uint32, "4294967296"), (.int64, "9223372036854775808"),
        (.int64, "-9223372036854775809"), (.uint64, "18446744073709551616"), (.uint64, "99999999999999999999"),
        (.uint64, "-1"), (.int32, "1.5"), (.int32, "1e10"), (.int64, "1e19"), (.int64, "NaN"), (.int64, "true"),
        (.int64, "1e99999999999999999999"), (.int64, "1e-1"), (.int32, "\"1\""), (.bool, "2"), (.bool, "\"true\""),
        (.bool, "-1"), (.fp16, "65520"), (.fp16, "1e39"), (.bf16, "3.4e38"), (.fp64, "1e309"), (.fp64, "-1e400"),
        (.fp32, "\"nan\""), (.fp32, "- 1"), (.bytes, "1"), (.bytes, "null"), (.bytes, "[1,2]"),
    ])
    func `a value that does not fit its type is refused by name`(type: ElementType, value: String) throws {
        let signature = Bodies.signature(type, [.unknown])
        let problem = try #require(
            Bodies.problem(Bodies.request(data: "[\(value)]", shape: "[1]", type: type.rawValue), signature))
        #expect(problem.message.contains("expected a value of type \(type.rawValue)"), "\(problem.message)")
        #expect(problem.field == "inputs[0].data[0]")
        #expect(problem.offset == Bodies.request(data: "[", shape: "[1]", type: type.rawValue).utf8.count - 3)
    }

    @Test func `an unknown name comes with the one that was meant`() throws {
        let signature = Signature(
            inputs: [TensorSpec(name: "sepal_length", elementType: .fp32, shape: [])],
            outputs: [TensorSpec(name: "label", elementType: .bytes, shape: [])])
        let input = try #require(
            Bodies.problem(
                #"{"inputs":[{"name":"Sepal_lenght","shape":[],"datatype":"FP32","data":[1]}]}"#, signature))
        #expect(input.message.contains("no input 'Sepal_lenght'; did you mean 'sepal_length'?"))
        #expect(input.field == "inputs[0].name")
        let output = try #require(Bodies.problem(#"{"outputs":[{"name":"zzz"}],"inputs":[]}"#, signature))
        #expect(output.message.contains("no output 'zzz'; it has 'label'"))
        #expect(output.field == "outputs[0].name")
    }

    @Test func `an input or output given twice is refused`() throws {
        let a = OIPRequestTests.input("a", "FP32", "[1]", "[1]")
        let b = OIPRequestTests.input("b", "INT32", "[1,1]", "[1]")
        let twice = try #require(Bodies.problem(#"{"inputs":[\#(a),\#(b),\#(a)]}"#, OIPRequestTests.several))
        #expect(twice.message.contains("'a' is given twice"))
        #expect(twice.field == "inputs[2]")
        let outputs = #"{"inputs":[\#(a),\#(b)],"outputs":[{"name":"p"},{"name":"p"}]}"#
        #expect(
            try #require(Bodies.problem(outputs, OIPRequestTests.several)).message.contains("'p' is asked for twice"))
    }

    @Test func `missing inputs are named`() throws {
        let problem = try #require(Bodies.problem(#"{"inputs":[]}"#, OIPRequestTests.several))
        #expect(problem.message.contains("also needs the inputs 'a', 'b'"))
    }

    @Test func `one symbol cannot have two sizes`() throws {
        let a = OIPRequestTests.input("a", "FP32", "[3]", "[1,2,3]")
        let b = OIPRequestTests.input("b", "INT32", "[2,1]", "[1,2]")
        let problem = try #require(Bodies.problem(#"{"inputs":[\#(a),\#(b)]}"#, OIPRequestTests.several))
        #expect(problem.message.contains("'n' is 3 in input 'a' but 2 in input 'b'"))
        let square = Bodies.signature(.fp32, [.symbolic("n"), .symbolic("n")])
        #expect(Bodies.problem(Bodies.request(data: "[1,2]", shape: "[1,2]"), square) != nil)
        #expect(Bodies.problem(Bodies.request(data: "[1,2,3,4]", shape: "[2,2]"), square) == nil)
    }

    @Test func `classification of what is no number is refused`() throws {
        let body =
            Bodies.request(data: #"["a"]"#, shape: "[1]", type: "BYTES").dropLast()
            + #","outputs":[{"name":"y","parameters":{"classification":2}}]}"#
        let problem = try #require(Bodies.problem(String(body), Bodies.signature(.bytes, [.unknown])))
        #expect(problem.message.contains("classification needs numbers"))
        #expect(problem.field == "outputs[0].parameters.classification")
    }

    @Test(arguments: [64, 65, 1000, 100_000])
    func `nesting is limited`(depth: Int) throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let deep = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            let problem = try #require(Bodies.problem(#"{"skipped":\#(deep)}"#))
            #expect(problem.message.contains("nested deeper than 64 levels"))
            #expect(Bodies.problem(Bodies.request(data: deep)) != nil)
            #expect(Bodies.problem(#"{"inputs":[{"data":\#(deep)}]}"#) != nil)
        }
    }

    @Test func `nothing may follow the object`() throws {
        let body = Bodies.request(data: "[1,2,3,4]")
        let problem = try #require(Bodies.problem(body + body))
        #expect(problem.message.contains("nothing after the JSON object"))
        #expect(problem.offset == body.utf8.count)
    }

    @Test func `text that is not UTF-8 is refused with its place`() throws {
        var body = ByteBuffer(string: #"{"id":"ab"#)
        body.writeBytes([0xc0, 0x80])
        body.writeString(#"","inputs":[]}"#)
        #expect(throws: ProtocolError("id: the string is not valid UTF-8 (at byte 9)", field: "id", offset: 9)) {
            try OIPRequestDecoder.decode(body, headerLength: nil, signature: Bodies.signature())
        }
    }

    @Test func `a number of thousands of digits is refused as too long`() throws {
        let digits = String(repeating: "7", count: 5000)
        let problem = try #require(Bodies.problem(Bodies.request(data: "[\(digits),2,3,4]")))
        #expect(problem.message.contains("5000 characters, which is too long"))
        #expect(Bodies.problem(Bodies.request(data: "[0.\(digits.prefix(900)),2,3,4]")) == nil)
    }
}
