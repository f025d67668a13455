import ManagementAPI
import SlipwayClient
import Testing

@testable import Commands

struct PredictTests {
    private func input(_ name: String, _ shape: [DimensionInfo], _ datatype: String = "FP32") -> TensorInfo {
        TensorInfo(name: name, datatype: datatype, shape: shape)
    }

    private let batch = DimensionInfo.name("batch")

    private func message(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Failure)?.message
        }
    }

    // MARK: Forms

    @Test func `requests of both protocols go as they are`() throws {
        let open = Array(#" {"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"#.utf8)
        #expect(try PredictInput(open, source: "f") == .openInference(open))
        for text in [#"{"instances":[1]}"#, #"{"inputs":{"x":[1]}}"#, #"{"inputs":[[1]]}"#, #"{"inputs":[]}"#] {
            #expect(try PredictInput(Array(text.utf8), source: "f") == .tensorFlow(Array(text.utf8)))
        }
    }

    @Test func `rows come from arrays, objects and CSV`() throws {
        let cells = [["1", "2.5"], ["-3", "4"]]
        #expect(
            try PredictInput(Array("[[1,2.5],[-3,4]]".utf8), source: "f") == .rows(Rows(columns: nil, cells: cells)))
        #expect(
            try PredictInput(Array(#"[{"a":1,"b":2.5},{"b":4,"a":-3}]"#.utf8), source: "f")
                == .rows(Rows(columns: ["a", "b"], cells: cells)))
        #expect(
            try PredictInput(Array("a,b\n1,2.5\n-3,4\n".utf8), source: "f")
                == .rows(Rows(columns: ["a", "b"], cells: cells, lines: [2, 3])))
    }

    @Test(arguments: ["[[[1,2],[3,4]]]", #"[{"ids":[1,2],"mask":[1,1]}]"#])
    func `rows with arrays in them go to the server's row form`(text: String) throws {
        #expect(
            try PredictInput(Array(text.utf8), source: "f")
                == .tensorFlow(Array("{\"instances\":\(text)}".utf8)))
    }

    @Test(arguments: [
        ("", "f is empty"), ("  \n", "f is empty"), ("[]", "f is an empty array"),
        ("{}", "f is JSON, but no form of request that is known"),
        ("[[1,2],[3]]", "f: row 2 has 1 values, row 1 has 2"),
        (#"[{"a":1},{"b":1}]"#, "f: row 2 has other names than row 1"),
        ("[[1,2]\n,[3}]", "f is not valid JSON: line 2, column 4: expected ',' or ']'"),
        ("{\"inputs\": [1", "f is not valid JSON: line 1, column 14: expected ',' or ']', but the text ends"),
        ("[1,,2]", "f is not valid JSON: line 1, column 4: expected a value"),
        ("a,b\n", "f has a header and no rows"),
    ])
    func `what cannot be sent is named`(text: String, expected: String) {
        #expect(message { _ = try PredictInput(Array(text.utf8), source: "f") } == expected)
    }

    @Test func `a text on the command line is JSON or a mistake`() {
        #expect { try PredictInput(Array("1,2".utf8), source: InputSource.dataName) } throws: {
            ($0 as? Failure)?.code == .usage
        }
    }

    @Test(arguments: [#"{"a":[1,-2.5e3,true,null,"\"x"],"b":{}}"#, "[]", " 1 "])
    func `valid JSON has no fault`(text: String) {
        #expect(JSONFault.find(in: Array(text.utf8)) == nil)
    }

    @Test func `a JSON text nested too deep ends in a message`() {
        let text = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(JSONFault.find(in: text)?.problem.hasPrefix("more than 512") == true)
    }

    // MARK: Matching columns

    @Test func `columns are found by the names of features, in any order`() throws {
        let rows = Rows(columns: ["id", "b", "a"], cells: [["9", "2", "1"], ["9", "4", "3"]])
        let plan = try InputPlan(rows: rows, inputs: [input("x", [batch, .size(2)])], features: ["a", "b"])
        #expect(plan.unused == ["id"])
        #expect(
            try plan.tensors(rows, 0..<2) == [InferTensor("x", shape: [2, 2], [1, 2, 3, 4] as [Float])])
    }

    @Test func `columns go by order where names are not known, and images are filled row by row`() throws {
        let rows = Rows(columns: ["p", "q", "r", "s"], cells: [["1", "2", "3", "4"]])
        let plan = try InputPlan(
            rows: rows, inputs: [input("x", [batch, .size(1), .size(2), .size(2)])], features: nil)
        #expect(
            try plan.tensors(rows, 0..<1) == [InferTensor("x", shape: [1, 1, 2, 2], [1, 2, 3, 4] as [Float])])
        let free = try InputPlan(rows: rows, inputs: [input("x", [batch, .name("n")])], features: nil)
        #expect(try free.tensors(rows, 0..<1)[0].shape == [1, 4])
    }

    @Test func `several inputs take a column each, by name, each of its type`() throws {
        let rows = Rows(columns: ["city", "age", "member"], cells: [["Ulm", "41", "yes"], ["Bonn", "7", "no"]])
        let inputs = [
            input("age", [batch, .size(1)], "INT64"), input("city", [batch, .size(1)], "BYTES"),
            input("member", [batch], "BOOL"),
        ]
        let plan = try InputPlan(rows: rows, inputs: inputs, features: nil)
        #expect(
            try plan.tensors(rows, 0..<2) == [
                InferTensor("age", shape: [2, 1], [41, 7]), InferTensor("city", shape: [2, 1], ["Ulm", "Bonn"]),
                InferTensor("member", shape: [2], [true, false]),
            ])
    }

    @Test func `headers that do not fit are explained`() {
        let one = [input("x", [batch, .size(2)])]
        let two = [input("age", [batch, .size(1)]), input("city", [batch, .size(1)])]
        func plan(_ columns: [String]?, _ cells: [String], _ inputs: [TensorInfo], _ features: [String]?) -> String? {
            message {
                _ = try InputPlan(rows: Rows(columns: columns, cells: [cells]), inputs: inputs, features: features)
            }
        }
        #expect(plan(["a"], ["1"], one, nil) == "input x takes 2 values per row, the rows have 1")
        #expect(
            plan(["a", "b", "label"], ["1", "2", "3"], one, nil) == "input x takes 2 values per row, the rows have 3")
        #expect(plan(["a", "c"], ["1", "2"], one, ["a", "b"]) == "the model needs b, which no column is named")
        #expect(plan(["p", "q"], ["1", "2"], one, ["a", "b"]) == nil)
        #expect(plan(["age"], ["1"], two, nil) == "the model needs city, which no column is named")
        #expect(plan(nil, ["1", "2"], two, nil) == "the model has 2 inputs (age, city), so values need names")
        #expect(plan(nil, ["1"], [], nil) == "the model has no inputs to fill from rows")
    }

    @Test func `a misspelt column is recognised`() {
        let rows = Rows(columns: ["alcohl", "hue"], cells: [["1", "2"]])
        #expect {
            try InputPlan(rows: rows, inputs: [input("x", [batch, .size(2)])], features: ["alcohol", "hue"])
        } throws: {
            ($0 as? Failure)?.hint == "is alcohl meant to be alcohol?"
        }
    }

    @Test(arguments: [
        ("FP32", "abc"), ("FP32", ""), ("FP32", "inf"), ("FP32", "1e39"), ("INT64", "1.5"), ("UINT8", "256"),
        ("UINT8", "-1"), ("INT8", "200"), ("BOOL", "2"), ("UINT64", "-1"), ("INT64", "9223372036854775808"),
    ])
    func `a cell that is no value is named by row, line and column`(datatype: String, cell: String) throws {
        let rows = Rows(columns: ["age"], cells: [["1"], [cell]], lines: [2, 3])
        let plan = try InputPlan(rows: rows, inputs: [input("x", [batch, .size(1)], datatype)], features: nil)
        let text = message { _ = try plan.tensors(rows, 0..<2) }
        #expect(
            text?.hasPrefix("row 2 (line 3), column age \(cell.isEmpty ? "is empty" : "holds \"\(cell)\"")") == true)
    }

    @Test func `whole numbers may be written as data frames write them`() throws {
        let rows = Rows(columns: nil, cells: [["3.0"], [" -4 "]])
        let plan = try InputPlan(rows: rows, inputs: [input("x", [batch, .size(1)], "INT32")], features: nil)
        #expect(try plan.tensors(rows, 0..<2)[0].values == .integers([3, -4]))
    }

    @Test func `rows are sent in the numbers that the model takes`() throws {
        let many = Rows(columns: nil, cells: [[String]](repeating: ["1"], count: 2500))
        let free = try InputPlan(rows: many, inputs: [input("x", [batch, .size(1)])], features: nil)
        #expect(free.batches(2500) == [0..<1000, 1000..<2000, 2000..<2500])
        let fixed = try InputPlan(rows: many, inputs: [input("x", [.size(500), .size(1)])], features: nil)
        #expect(fixed.batches(2500).count == 5)
        #expect(throws: Failure.self) {
            try InputPlan(rows: many, inputs: [input("x", [.size(400), .size(1)])], features: nil)
        }
    }

    // MARK: Answers

    @Test func `labels get names where the scores show what they mean`() {
        let scores = InferTensor("scores", shape: [2, 3], [0.1, 0.7, 0.2, 0.9, 0.05, 0.05] as [Float])
        let classes = ["setosa", "versicolor", "virginica"]
        let right = PredictionTable.tables([InferTensor("label", shape: [2], [1, 0]), scores], classes: classes)
        #expect(
            right[0].lines(width: nil) == [
                "ROW  label         setosa  versicolor  virginica", "  1  1 versicolor  0.1000      0.7000     0.2000",
                "  2  0 setosa      0.9000      0.0500     0.0500",
            ])
        let shifted = PredictionTable.tables([InferTensor("label", shape: [2], [2, 1]), scores], classes: classes)
        #expect(shifted[0].rows.map { $0[1] } == ["2", "1"])
    }

    @Test func `of many classes the best are shown, of other long rows the first values`() {
        var values = [Float](repeating: 0.01, count: 10)
        values[3] = 0.91
        let scores = PredictionTable.tables([InferTensor("p", shape: [1, 10], values)], classes: nil)
        #expect(scores[0].rows == [["3 0.9100  0 0.0100  1 0.0100"]])
        let embedding = PredictionTable.tables([InferTensor("e", shape: [1, 10], values.map { $0 * 9 })], classes: nil)
        #expect(embedding[0].columns.map(\.title).last == "… 4 more")
    }

    @Test func `outputs of other lengths get tables of their own`() {
        let tables = PredictionTable.tables(
            [
                InferTensor("a", shape: [2], [1, 2]), InferTensor("s", shape: [], ["x"]),
                InferTensor("b", shape: [2, 1], [true, false]), InferTensor("none", shape: [0, 4], [] as [Float]),
            ], classes: nil)
        #expect(tables.map { $0.columns.map(\.title) } == [["ROW", "a", "b"], ["s"], ["none"]])
    }

    @Test func `an answer whose shape lies about its data does not trap`() {
        for shape in [[3], [5, 2], [-1], [Int.max]] {
            _ = PredictionTable.tables([InferTensor("x", shape: shape, [1, 2])], classes: ["a", "b"])
        }
    }

    @Test(arguments: [
        (#"["a", "b, c"]"#, ["a", "b, c"]), ("a, b ,c", ["a", "b", "c"]), ("[1, 2]", ["1", "2"]), ("", []),
    ])
    func `lists of names in metadata`(text: String, names: [String]) {
        #expect(NameList.parse(text) == names)
    }
}
