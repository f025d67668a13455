import Tensors
import Testing

@testable import InferenceProtocol

@Suite struct GoldenInputsTests {
    private static func decode(
        _ text: String, _ signature: Signature = Bodies.signature()
    ) throws(ProtocolError) -> [GoldenRequest] {
        try GoldenInputs.decode(Array(text.utf8), signature: signature)
    }

    private static func problem(_ text: String) -> ProtocolError? {
        do throws(ProtocolError) {
            _ = try decode(text)
            return nil
        } catch {
            return error
        }
    }

    private static let inputs = #""inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]"#

    private static func answer(_ values: [Float], _ dimensions: [Int] = [1, 4]) throws -> Tensor {
        let storage = TensorStorage(byteCount: values.count * 4)
        values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        return try Tensor(name: "y", elementType: .fp32, shape: Shape(dimensions), storage: storage)
    }

    @Test func `one request or a list of them`() throws {
        #expect(try Self.decode("{\(Self.inputs)}").count == 1)
        let several = try Self.decode(" [{\(Self.inputs)},\n {\"id\":\"b\",\(Self.inputs),\"parameters\":{}}] ")
        #expect(several.count == 2)
        #expect(several[1].request.id == "b")
        #expect(several[1].request.inputs[0].elements(Float.self) == [1, 2, 3, 4])
        #expect(several[1].request.outputs.map(\.index) == [0])
        #expect(several[1].expected.isEmpty)
    }

    @Test(arguments: [
        #"{"name":"y","data":[5,6,7,8]}"#, #"{"data":[[5,6,7,8]],"name":"y"}"#,
        #"{"name":"y","data":[5,6,7,8],"shape":[1,4],"datatype":"FP32"}"#,
    ])
    func `expected outputs come flat or nested, with a shape or without`(output: String) throws {
        // Before the inputs as well as after them.
        for text in ["{\"expected\":[\(output)],\(Self.inputs)}", "[{\(Self.inputs),\"expected\":[\(output)]}]"] {
            let golden = try #require(try Self.decode(text).first)
            #expect(golden.expected.map(\.index) == [0])
            #expect(golden.expected[0].values.elements(Float.self) == [5, 6, 7, 8])
            #expect(golden.difference(from: [try Self.answer([5, 6, 7, 8])]) == nil)
        }
    }

    @Test func `an answer may differ in the last digits and in nothing else`() throws {
        let golden = try #require(
            try Self.decode(#"{\#(Self.inputs),"expected":[{"name":"y","data":[100,0,1,"NaN"]}]}"#).first)
        #expect(golden.difference(from: [try Self.answer([100.09, 0.000009, 1, .nan])]) == nil)
        let far = golden.difference(from: [try Self.answer([100, 0, 1.5, .nan])])
        #expect(far == "output 'y': value 2 is 1.5, expected 1.0")
        #expect(golden.difference(from: [try Self.answer([100, .infinity, 1, .nan])]) != nil)
        #expect(golden.difference(from: [try Self.answer([100, 0, 1, 1])]) != nil)
        let short = golden.difference(from: [try Self.answer([100, 0], [1, 2])])
        #expect(short == "output 'y': there are 2 values, expected 4")
        #expect(golden.difference(from: []) == "output 'y' is missing")
    }

    @Test func `a shape that is given is compared`() throws {
        let golden = try #require(
            try Self.decode(#"{\#(Self.inputs),"expected":[{"name":"y","shape":[1,4],"data":[1,2,3,4]}]}"#).first)
        #expect(golden.difference(from: [try Self.answer([1, 2, 3, 4])]) == nil)
        #expect(
            golden.difference(from: [try Self.answer([1, 2, 3, 4], [4, 1])])
                == "output 'y' has the shape [4, 1], expected [1, 4]")
    }

    @Test func `texts and whole numbers must be equal`() throws {
        let text = Bodies.signature(.bytes, [.symbolic("n")])
        let texts = try #require(
            try GoldenInputs.decode(
                Array(
                    #"{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","data":["a","b"]}],"expected":[{"name":"y","data":["a","ü"]}]}"#
                        .utf8), signature: text
            ).first)
        let same = try #require(BytesElements.encode([Array("a".utf8), Array("ü".utf8)]))
        let other = try #require(BytesElements.encode([Array("a".utf8), Array("u".utf8)]))
        let shape = try Shape([2])
        #expect(
            texts.difference(from: [try Tensor(name: "y", elementType: .bytes, shape: shape, storage: same)]) == nil)
        #expect(
            texts.difference(from: [try Tensor(name: "y", elementType: .bytes, shape: shape, storage: other)])
                == "output 'y': value 1 is \"u\", expected \"ü\"")
    }

    @Test(arguments: [
        ("", "golden", "empty file"), ("7", "golden", "expected a list of requests, got 7"),
        ("[]", "golden", "at least one request"), ("[7]", "golden[0]", "expected an object, got 7"),
        ("[{}]", "golden[0]", "no 'inputs'"), ("[{\(inputs)}", "golden", "',' or ']'"),
        ("[{\(inputs)}] 1", "golden", "nothing after the requests"),
        ("[{\(inputs)},{\(inputs),\"expect\":[]}]", "golden[1]", "no 'expect'"),
        ("[{\(inputs),\"expected\":[],\"expected\":[]}]", "golden[0]", "'expected' occurs twice"),
        (
            #"[{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3]}]}]"#,
            "golden[0].inputs[0].data", "calls for 4 values, got 3"
        ),
        (#"{\#(inputs),"expected":[{"name":"z","data":[1]}]}"#, "golden.expected[0].name", "no output 'z'"),
        (#"{\#(inputs),"expected":[{"data":[1]}]}"#, "golden.expected[0]", "needs a 'name'"),
        (#"{\#(inputs),"expected":[{"name":"y"}]}"#, "golden.expected[0]", "needs 'data'"),
        (#"{\#(inputs),"expected":[{"name":"y","data":["a"]}]}"#, "golden.expected[0].data[0]", "type FP32"),
        (#"{\#(inputs),"expected":[{"name":"y","data":[1],"shape":[2]}]}"#, "golden.expected[0].data", "got 1"),
        (#"{\#(inputs),"expected":[{"name":"y","data":[[1],[2,3]]}]}"#, "golden.expected[0].data", "got 3"),
        (
            #"{\#(inputs),"expected":[{"name":"y","data":[1],"datatype":"INT8"}]}"#, "golden.expected[0].datatype",
            "INT8"
        ),
        (#"{\#(inputs),"expected":[{"name":"y","value":[1]}]}"#, "golden.expected[0]", "no 'value'"),
        (
            #"{\#(inputs),"expected":[{"name":"y","data":[1]},{"name":"y","data":[1]}]}"#, "golden.expected[1]",
            "given twice"
        ),
    ])
    func `what is wrong is named by request and field`(text: String, field: String, says: String) throws {
        let problem = try #require(Self.problem(text))
        #expect(problem.message.contains(says), "\(problem.message)")
        #expect(problem.field == field, "\(problem.message)")
    }

    @Test func `an output that the request does not ask for cannot be expected`() throws {
        let signature = Signature(
            inputs: Bodies.signature().inputs,
            outputs: ["y", "z"].map { TensorSpec(name: $0, elementType: .fp32, shape: [.unknown]) })
        let text = #"{\#(Self.inputs),"outputs":[{"name":"z"}],"expected":[{"name":"\#("y")","data":[1]}]}"#
        #expect(throws: ProtocolError.self) { try Self.decode(text, signature) }
        let asked = text.replacing(#""name":"y""#, with: #""name":"z""#)
        #expect(try Self.decode(asked, signature).first?.expected.first?.index == 1)
    }

    @Test func `a hundred requests and no more`() throws {
        let one = "{\(Self.inputs)}"
        let most = [String](repeating: one, count: GoldenInputs.maximumRequests)
        #expect(try Self.decode("[" + most.joined(separator: ",") + "]").count == GoldenInputs.maximumRequests)
        let problem = try #require(Self.problem("[" + (most + [one]).joined(separator: ",") + "]"))
        #expect(problem.message.contains("more than 100 requests"))
    }

    @Test func `bytes that were cut off or changed are refused or read, and never trap`() throws {
        let text = Array(#"[{\#(Self.inputs),"expected":[{"name":"y","data":[[1,2,3,4]],"shape":[1,4]}]}]"#.utf8)
        for count in text.indices {
            #expect(throws: ProtocolError.self) {
                try GoldenInputs.decode(Array(text[..<count]), signature: Bodies.signature())
            }
        }
        var random = SeededRandom(seed: 7)
        for _ in 0..<2000 {
            var changed = text
            changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? GoldenInputs.decode(changed, signature: Bodies.signature())
        }
    }
}
