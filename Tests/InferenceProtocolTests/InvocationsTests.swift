import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

@Suite struct InvocationsTests {
    /// One input of so many features.
    static let features = Bodies.signature(.fp32, [.symbolic("batch"), .fixed(2)])
    /// As scikit-learn's converter makes of a table: one input for each column.
    static let columns = Signature(
        inputs: [
            TensorSpec(name: "age", elementType: .fp32, shape: [.symbolic("n"), .fixed(1)]),
            TensorSpec(name: "city", elementType: .bytes, shape: [.symbolic("n"), .fixed(1)]),
            TensorSpec(name: "visits", elementType: .int64, shape: [.symbolic("n")]),
        ],
        outputs: [TensorSpec(name: "y", elementType: .fp32, shape: [.symbolic("n")])])
    static let image = Bodies.signature(.fp32, [.symbolic("n"), .fixed(1), .fixed(2), .fixed(2)])

    static func decode(
        _ text: String, _ signature: Signature = features, _ form: InvocationsForm = .json
    ) throws(ProtocolError) -> [Tensor] {
        try InvocationsRequestDecoder.decode(ByteBuffer(string: text), form: form, signature: signature).inputs
    }

    // MARK: one input

    @Test(arguments: [
        #"{"dataframe_split":{"columns":["a","b"],"data":[[1,2],[3,4],[5,6.0]]}}"#,
        #"{"dataframe_split":{"data":[[1,2],[3,4],[5,6]],"columns":["a","b"],"index":[0,1,2]}}"#,
        #"{"dataframe_split":{"index":[7,8,9],"columns":[0,1],"data":[[1,2],[3,4],[5,6]]}}"#,
        #"{"dataframe_split":{"data":[[1,2],[3,4],[5,6]]}}"#,
        #"{"dataframe_split":{"columns":null,"data":[[1,2],[3,4],[5,6]]}, "other": {"a": []}}"#,
        #"{"dataframe_records":[{"a":1,"b":2},{"b":4,"a":3},{"a":5,"b":6}]}"#,
        #"{"instances":[[1,2],[3,4],[5,6]]}"#, #"{"inputs":[[1,2],[3,4],[5,6]]}"#,
        #"{"inputs":{"x":[[1,2],[3,4],[5,6]]}}"#,
        #"{"params":null,"inputs":[[1,2],[3,4],[5,6]]}"#, #"{"inputs":[[1,2],[3,4],[5,6]],"params":{}}"#,
    ])
    func `every form gives the same features`(body: String) throws {
        let inputs = try Self.decode(body)
        #expect(inputs.map(\.name) == ["x"])
        #expect(inputs[0].shape.dimensions == [3, 2])
        #expect(inputs[0].elements(Float.self) == [1, 2, 3, 4, 5, 6])
    }

    @Test(
        arguments: [
            ("a,b\n1,2\n3,4\n5,6\n", nil), ("1,2\n3,4\n5,6", nil), ("\r\n+1,2.\r\n3,0004\r\n5, 6 \r\n", nil),
            ("1e0,2\n3,.4e1\n5,6.0\n", false), ("a;b\n1;2\n3;4\n5;6", nil), ("1,2\n1,2\n3,4\n5,6", true),
            ("\u{FEFF}a,b\n1,2\n3,4\n5,6", nil), ("\"a\",\"b,c\"\n1,2\n\"3\",4\n5,6", nil),
        ] as [(String, Bool?)])
    func `CSV with and without a header gives them too`(text: String, header: Bool?) throws {
        let form = InvocationsForm.csv(header: header)
        if header == true {
            // Numbers are no names: that a line of them is a header is refused, not guessed.
            #expect(throws: ProtocolError.self) { try Self.decode(text, Self.features, form) }
            return
        }
        let inputs = try Self.decode(text, Self.features, form)
        #expect(inputs[0].shape.dimensions == [3, 2])
        #expect(inputs[0].elements(Float.self) == [1, 2, 3, 4, 5, 6])
    }

    @Test func `what is no number is NaN where there is one`() throws {
        for body in [
            #"{"dataframe_split":{"columns":["a","b"],"data":[[null,NaN],[1,"NaN"]]}}"#,
            #"{"dataframe_records":[{"a":null,"b":NaN},{"a":1,"b":null}]}"#,
        ] {
            let values = try Self.decode(body)[0].elements(Float.self)
            #expect(values.map(\.isNaN) == [true, true, false, true])
        }
        let csv = try Self.decode("a,b\n,nan\n1,NA\n", Self.features, .csv(header: nil))[0].elements(Float.self)
        #expect(csv.map(\.isNaN) == [true, true, false, true])
        let infinite = try Self.decode("a,b\n-inf,Infinity\n", Self.features, .csv(header: nil))[0].elements(Float.self)
        #expect(infinite == [-.infinity, .infinity])
    }

    @Test func `lists in the cells of one column fill an input of more dimensions`() throws {
        for body in [
            #"{"dataframe_split":{"columns":["x"],"data":[[[[[1,2],[3,4]]]],[[[[5,6],[7,8]]]]]}}"#,
            #"{"dataframe_records":[{"x":[[[1,2],[3,4]]]},{"x":[[[5,6],[7,8]]]}]}"#,
            #"{"dataframe_records":[{"pixels":[[[1,2],[3,4]]]},{"pixels":[[[5,6],[7,8]]]}]}"#,
        ] {
            let inputs = try Self.decode(body, Self.image)
            #expect(inputs[0].shape.dimensions == [2, 1, 2, 2])
            #expect(inputs[0].elements(Float.self) == [1, 2, 3, 4, 5, 6, 7, 8])
        }
    }

    @Test func `one column fills an input of one dimension`() throws {
        let flat = Bodies.signature(.int32, [.unknown])
        #expect(try Self.decode(#"{"dataframe_records":[{"x":1},{"x":2}]}"#, flat)[0].elements(Int32.self) == [1, 2])
        #expect(try Self.decode(#"{"dataframe_split":{"data":[[1],[2]]}}"#, flat)[0].elements(Int32.self) == [1, 2])
        #expect(try Self.decode("1\n2\n", flat, .csv(header: nil))[0].elements(Int32.self) == [1, 2])
        #expect(try Self.decode("value\n1\n2\n", flat, .csv(header: nil))[0].elements(Int32.self) == [1, 2])
    }

    // MARK: an input for each column

    @Test(arguments: [
        (
            #"{"dataframe_split":{"columns":["visits","age","city"],"data":[[7,1.5,"Ulm"],[8,null,"a,b"]]}}"#,
            InvocationsForm.json
        ),
        (#"{"dataframe_records":[{"age":1.5,"city":"Ulm","visits":7},{"city":"a,b","visits":8,"age":null}]}"#, .json),
        ("visits,age,city\n7,1.5,Ulm\n8,,\"a,b\"\n", .csv(header: nil)),
        ("1.5,Ulm,7\nNA,\"a,b\",8\n", .csv(header: false)),
    ])
    func `columns find their inputs by name`(body: String, form: InvocationsForm) throws {
        let inputs = try Self.decode(body, Self.columns, form)
        #expect(inputs.map(\.name) == ["age", "city", "visits"])
        #expect(inputs.map(\.shape.dimensions) == [[2, 1], [2, 1], [2]])
        let ages = inputs[0].elements(Float.self)
        #expect(ages[0] == 1.5 && ages[1].isNaN)
        #expect(inputs[1].strings == ["Ulm", "a,b"])
        #expect(inputs[2].elements(Int64.self) == [7, 8])
    }

    @Test func `whole numbers keep all their digits, and truth its words`() throws {
        let whole = Bodies.signature(.int64, [.unknown])
        let largest = "9223372036854775807"
        #expect(try Self.decode("v\n\(largest)\n", whole, .csv(header: nil))[0].elements(Int64.self) == [.max])
        #expect(throws: ProtocolError.self) { try Self.decode("v\n9223372036854775808\n", whole, .csv(header: nil)) }
        let flags = Bodies.signature(.bool, [.unknown])
        #expect(
            try Self.decode("v\nTrue\nfalse\n1\n0\n", flags, .csv(header: nil))[0].elements(UInt8.self) == [1, 0, 1, 0])
        let texts = Bodies.signature(.bytes, [.unknown])
        let text = try Self.decode("v\n\"say \"\"hi\"\"\\\"\n\"two\nlines\"\nNA\n", texts, .csv(header: nil))
        #expect(text[0].strings == ["say \"hi\"\\", "two\nlines", "NA"])
    }

    // MARK: what does not fit

    @Test(arguments: [
        ("", "empty body"), ("{}", "needs one of 'dataframe_split'"), ("[[1,2]]", "expected an object"),
        ("7", "expected an object"),
        (#"{"dataframe_recrods":[]}"#, "did you mean 'dataframe_records'?"), (#"{"messages":[]}"#, "got 'messages'"),
        (#"{"instances":[[1,2]],"inputs":[[1,2]]}"#, "not both 'instances' and 'inputs'"),
        (#"{"inputs":[[1,2]],"params":{"temperature":1}}"#, "params: the model takes no parameters"),
        (#"{"inputs":[[1,2]],"params":3}"#, "params"),
        (#"{"dataframe_split":[[1,2]]}"#, "dataframe_split: expected an object"),
        (#"{"dataframe_split":{"columns":["a","b"]}}"#, "dataframe_split: the table has no 'data'"),
        (#"{"dataframe_split":{"columns":["a","b"],"data":[]}}"#, "dataframe_split.data: there are no rows"),
        (
            #"{"dataframe_split":{"columns":["a","b"],"data":[[1,2],[3]]}}"#,
            "dataframe_split.data[1]: expected 2 values"
        ),
        (#"{"dataframe_split":{"columns":["a","b"],"data":[[1,2,3]]}}"#, "data[0]: expected 2 values"),
        (#"{"dataframe_split":{"columns":["a","b","c"],"data":[[1,2,3]]}}"#, "expected 2 columns, got 3"),
        (
            #"{"dataframe_split":{"columns":["a","b"],"data":[[1,"2"]]}}"#,
            #"data[0][1]: expected a value of type FP32, got "2""#
        ),
        (#"{"dataframe_split":{"columns":["a","b"],"data":[[1,[2]]]}}"#, "data[0][1]"),
        (#"{"dataframe_split":{"columns":["a","b"],"data":[[1,2]],"dtypes":{}}}"#, "got 'dtypes'"),
        (#"{"dataframe_split":{"data":[[1,2]],"data":[[1,2]]}}"#, "each once"),
        (#"{"dataframe_split":{"data":[[]]}}"#, "there are no columns"),
        (#"{"dataframe_split":{"data":{"a":[1]}}}"#, "expected a list"),
        (#"{"dataframe_records":{"a":[1]}}"#, "expected a list"),
        (#"{"dataframe_records":[]}"#, "there are no records"),
        (#"{"dataframe_records":[[1,2]]}"#, "dataframe_records[0]: expected an object"),
        (#"{"dataframe_records":[{"a":1,"b":2},{"a":3}]}"#, "dataframe_records[1]: this record lacks the column 'b'"),
        (#"{"dataframe_records":[{"age":1,"b":2},{"b":1,"agge":3}]}"#, "did you mean 'age'?"),
        (#"{"dataframe_records":[{"a":1,"a":2}]}"#, "'a' is given twice"),
        (#"{"dataframe_records":[{"a":1,"b":2},{"a":1,"b":2,"a":3}]}"#, "'a' is given twice"),
        (#"{"dataframe_records":[{}]}"#, "there are no columns"),
        (#"{"dataframe_records":[{"a":1,"b":1e999}]}"#, "dataframe_records[0].b"),
        (#"{"inputs":[[1,2]]} x"#, "nothing after the JSON object"), (#"{"inputs":[[1,2]]"#, "',' or '}'"),
    ])
    func `a request that does not fit is refused, and where`(body: String, says: String) {
        let problem = #expect(throws: ProtocolError.self) { try Self.decode(body) }
        #expect(problem?.message.contains(says) == true, "\(problem?.message ?? "")")
    }

    @Test(arguments: [
        (#"{"dataframe_records":[{"age":1,"city":"a"}]}"#, "the model also needs the input 'visits'"),
        (
            #"{"dataframe_records":[{"age":1,"city":"a","visit":1}]}"#,
            "no input for the column 'visit'; did you mean 'visits'?"
        ),
        (#"{"dataframe_records":[{"age":1,"city":"a","visits":1,"more":1}]}"#, "no input for the column 'more'"),
        (#"{"dataframe_records":[{"age":1,"city":"a","visits":null}]}"#, "visits: no value is here"),
        (#"{"dataframe_records":[{"age":1,"city":"a","visits":1.5}]}"#, "visits: expected a value of type INT64"),
        (#"{"dataframe_records":[{"age":[1,2],"city":"a","visits":1}]}"#, "'age' has the shape [n, 1]"),
        (#"{"dataframe_split":{"columns":["age","age"],"data":[[1,2]]}}"#, "'age' is given twice"),
        (#"{"dataframe_split":{"data":[[1,2]]}}"#, "expected 3 columns"),
    ])
    func `columns that are missing or too many are named`(body: String, says: String) {
        let problem = #expect(throws: ProtocolError.self) { try Self.decode(body, Self.columns) }
        #expect(problem?.message.contains(says) == true, "\(problem?.message ?? "")")
    }

    @Test(arguments: [
        ("", "empty"), ("a,b\n", "no rows"), ("a,b\n1,2,3\n", "line 2"),
        ("1,2\n3,x\n", "line 2, column 2: expected a value"),
        ("a,b\n1,2\n3,x\n", "line 3, column 'b': expected a value of type FP32"),
        ("1,2,3\n", "expected 2 columns, got 3"),
        ("a,b\n1,1 2\n", "line 2, column 'b'"), ("a,b\n1,\"2\n", "never closed"),
        ("a,b\n1,1e999\n", "line 2, column 'b'"),
        ("a,b\n1,--2\n", "column 'b'"), ("a,b\n1,0x10\n", "column 'b'"), ("a,b\n1,\u{0}\n", "NUL"),
        (",b\n1,2\n", "no name"),
        ("a,b\n1,[2]\n", "column 'b'"),
    ])
    func `CSV that does not fit is refused with its line`(text: String, says: String) {
        let problem = #expect(throws: ProtocolError.self) { try Self.decode(text, Self.features, .csv(header: nil)) }
        #expect(problem?.message.contains(says) == true, "\(problem?.message ?? "")")
    }

    @Test(arguments: [
        (String(repeating: ",", count: 1_000_000) + "\n", InvocationsForm.csv(header: true)),
        (String(repeating: ",", count: 1_000_000) + "\n", .csv(header: false)),
        ("1" + String(repeating: ",", count: 1_000_000) + "\n", .csv(header: nil)),
        (#"{"dataframe_split":{"columns":["a"# + String(repeating: #"","a"#, count: 5000) + #""]}}"#, .json),
        (#"{"dataframe_records":[{"a":1"# + (0..<5000).map { ",\"\($0)\":1" }.joined() + "}]}", .json),
    ])
    func `far more columns than the model takes are refused before they take memory`(
        text: String, form: InvocationsForm
    ) {
        let problem = #expect(throws: ProtocolError.self) { try Self.decode(text, Self.features, form) }
        #expect(problem?.message.contains("more than 1024 columns") == true, "\(problem?.message ?? "")")
    }

    @Test func `of a long name that does not fit only the beginning is repeated`() {
        let text = #"{"dataframe_records":[{"\#(String(repeating: "n", count: 100_000))":"x","b":1}]}"#
        let problem = #expect(throws: ProtocolError.self) { try Self.decode(text) }
        #expect((problem?.message.utf8.count ?? 0) + (problem?.field?.utf8.count ?? 0) < 1000)
    }

    @Test func `many columns in many orders take no longer than they are long`() throws {
        let count = 20_000
        let names = (0..<count).map { "c\($0)" }
        func record(_ names: [String]) -> String { "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}" }
        let body = #"{"dataframe_records":["# + record(names) + "," + record(names.reversed()) + "]}"
        let wide = Bodies.signature(.fp32, [.unknown, .unknown])
        #expect(try Self.decode(body, wide)[0].shape.dimensions == [2, count])
    }

    // MARK: answers

    static func encode(_ outputs: [Tensor], _ answer: InvocationsAnswer = .json) throws -> String {
        var buffer = ByteBuffer()
        try InvocationsResponseEncoder.encode(outputs: outputs, as: answer, into: &buffer)
        return String(buffer: buffer)
    }

    @Test func `one output is a plain list, several are records, and without common rows an object`() throws {
        let y = try OIPResponseTests.tensor("y", .fp32, [2, 2], [1, 2, 3, .nan] as [Float])
        let label = try OIPResponseTests.strings("label", [2], [Array("a,b".utf8), Array("say \"hi\"".utf8)])
        let scalar = try OIPResponseTests.tensor("s", .int8, [], [1] as [Int8])
        #expect(try Self.encode([y]) == #"{"predictions":[[1.0,2.0],[3.0,NaN]]}"#)
        #expect(
            try Self.encode([y, label])
                == #"{"predictions":[{"y":[1.0,2.0],"label":"a,b"},{"y":[3.0,NaN],"label":"say \"hi\""}]}"#)
        #expect(try Self.encode([scalar]) == #"{"predictions":1}"#)
        #expect(try Self.encode([scalar, y]) == #"{"predictions":{"s":1,"y":[[1.0,2.0],[3.0,NaN]]}}"#)
        #expect(try Self.encode([y, label], .csv) == "1.0,2.0,\"a,b\"\n3.0,NaN,\"say \"\"hi\"\"\"\n")
        #expect(try Self.encode([scalar], .csv) == "1\n")
        #expect(throws: ProtocolError.self) { try Self.encode([scalar, y], .csv) }
    }

    @Test(arguments: [ElementType.fp32, .fp64, .int64, .uint8, .bool, .fp16])
    func `a table that is written is read back, in every form`(type: ElementType) throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<50 {
            let rows = Int(random.next() % 4) + 1
            let width = Int(random.next() % 3) + 1
            let storage = TensorStorage(byteCount: rows * width * (type.byteWidth ?? 1))
            for index in 0..<storage.byteCount {
                storage.mutableBytes[index] = UInt8(
                    truncatingIfNeeded: type == .bool ? random.next() & 1 : random.next())
            }
            let tensor = try Tensor(name: "x", elementType: type, shape: Shape([rows, width]), storage: storage)
            let signature = Bodies.signature(type, [.unknown, .unknown])
            let list = try Self.encode([tensor]).dropFirst(#"{"predictions":"#.count).dropLast()
            let csv = try Self.encode([tensor], .csv)
            let names = (0..<width).map { "c\($0)" }
            let read = try [
                Self.decode(#"{"dataframe_split":{"data":\#(list)}}"#, signature),
                Self.decode(#"{"instances":\#(list)}"#, signature),
                Self.decode(#"{"inputs":{"x":\#(list)}}"#, signature),
                Self.decode(names.joined(separator: ",") + "\n" + csv, signature, .csv(header: true)),
                Self.decode(csv, signature, .csv(header: false)),
            ]
            for inputs in read {
                #expect(inputs[0].shape == tensor.shape)
                #expect(RoundTripTests.bits(inputs[0]) == RoundTripTests.bits(tensor), "\(list)")
            }
        }
    }

    @Test func `a body cut anywhere, or with a byte changed, is read or refused, and nothing else`() throws {
        var random = SeededRandom(seed: 11)
        let bodies: [(String, InvocationsForm, Signature)] = [
            (
                #"{"dataframe_split":{"columns":["visits","age","city"],"data":[[7,1.5,"Ulm"],[8,null,"a,b"]]}}"#,
                .json, Self.columns
            ),
            (
                #"{"dataframe_records":[{"age":1.5,"city":"Ulm","visits":7},{"city":"x","visits":8,"age":null}]}"#,
                .json, Self.columns
            ),
            ("visits,age,city\n7,1.5,Ulm\n8,,\"a,b\"\n", .csv(header: nil), Self.columns),
            ("1,2\n3,4\n", .csv(header: nil), Self.features),
        ]
        for (text, form, signature) in bodies {
            let bytes = Array(text.utf8)
            for length in bytes.indices {
                _ = try? InvocationsRequestDecoder.decode(
                    ByteBuffer(bytes: bytes.prefix(length)), form: form, signature: signature)
            }
            for _ in 0..<2000 {
                var changed = bytes
                changed[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                _ = try? InvocationsRequestDecoder.decode(ByteBuffer(bytes: changed), form: form, signature: signature)
            }
        }
    }
}
